// SPDX-License-Identifier: Apache-2.0
// Repositories as a cache: their order, what is asked, and what happens with those that are wrong, or away.
#include "cache/registry_cache.hpp"

#include "cached_step.hpp"
#include "registry/blob_places.hpp"
#include "support/catch.hpp"
#include "sys/file.hpp"

using namespace tmplbuild;
using namespace tmplbuild::cache;

namespace {

struct Asked {
    CacheRegistry there{};
    std::vector<std::string> warned{};
    sys::TempDirectory folder = sys::TempDirectory::make(std::filesystem::temp_directory_path(), "cache-").value();
    Store store = Store::open(folder.path()).value();
    std::unique_ptr<RegistryCache> cache{};

    void open(const std::vector<std::string>& repositories) {
        RegistryCache::Settings settings{
            std::make_shared<const registry::Client>(there.fake.client()), {}, &store, [this](const std::string& text) {
                warned.push_back(text);
            }};
        for (const std::string& name : repositories)
            settings.repositories.push_back(Reference::parse("ghcr.io/" + name).value());
        cache = std::make_unique<RegistryCache>(std::move(settings));
    }
    Result<FoundRecord> find(const std::string& step) { return cache->find(key_of(step).digest(), {}); }
    // The error of a find that is refused.
    Error refused(const std::string& step) {
        auto found = find(step);
        REQUIRE(!found);
        return found.error();
    }
};

}  // namespace

TEST_CASE("a step is found by its key in the first repository that has it") {
    Asked asked;
    asked.there.put("me/second", document_of("a", {"from second"}));
    asked.there.put("me/third", document_of("a", {"from third"}));
    asked.open({"me/first", "me/second", "me/third"});
    const auto found = asked.find("a");
    REQUIRE(found);
    REQUIRE(*found);
    CHECK((*found)->cache_name() == "docker://ghcr.io/me/second");
    CHECK((*found)->record().layers.front().digest == Sha256::of("from second"));
    CHECK((*found)->manifest == Sha256::of(manifest_text(document_of("a", {"from second"}), {})));
    CHECK(asked.warned.empty());
    // The layer was not asked for, and its place is known to a push.
    CHECK(asked.there.asked.size() == 3);
    CHECK(registry::BlobPlaces(asked.store, "ghcr.io").repository_of(Sha256::of("from second")) == "me/second");
}

TEST_CASE("a key is looked for once, found or not, whatever the tag comes to mean") {
    Asked asked;
    asked.there.put("me/x", document_of("a"));
    asked.open({"me/x"});
    const auto first = asked.find("a");
    REQUIRE(first);
    CHECK(!*asked.find("b"));
    const std::size_t questions = asked.there.asked.size();
    asked.there.put("me/x", document_of("a", {"other"}));
    asked.there.put("me/x", document_of("b"));
    CHECK(*asked.find("a") == *first);
    CHECK(!*asked.find("b"));
    CHECK(asked.there.asked.size() == questions);
}

TEST_CASE("many keys are looked for together") {
    Asked asked;
    std::vector<Digest> keys;
    for (int i = 0; i < 20; ++i) {
        const std::string name = "step " + std::to_string(i);
        if (i % 2 == 0) asked.there.put("me/x", document_of(name));
        keys.push_back(key_of(name).digest());
    }
    asked.open({"me/x"});
    REQUIRE(asked.cache->find_all(keys, {}));
    const std::size_t questions = asked.there.asked.size();
    CHECK(questions == 30);
    for (int i = 0; i < 20; ++i) CHECK(bool(*asked.find("step " + std::to_string(i))) == (i % 2 == 0));
    CHECK(asked.there.asked.size() == questions);
}

TEST_CASE("a repository that cannot be asked is left out, and that is said once") {
    for (const int status : {401, 403, 500}) {
        CAPTURE(status);
        Asked asked;
        asked.there.statuses["me/first"] = status;
        asked.there.put("me/second", document_of("a"));
        asked.open({"me/first", "me/second"});
        CHECK(*asked.find("a"));
        CHECK(!*asked.find("b"));
        REQUIRE(asked.warned.size() == 1);
        CHECK(asked.warned[0].starts_with("the cache docker://ghcr.io/me/first is not used: "));
        CHECK(std::count_if(asked.there.asked.begin(), asked.there.asked.end(),
                            [](const std::string& name) { return name.starts_with("me/first/"); }) <= 2);
    }
}

TEST_CASE("a cache with something wrong in it is an error that names it") {
    Asked asked;
    const StepDocument step = document_of("a");
    const Digest key = step.record.key.digest();
    asked.open({"me/x"});
    const auto says = [&](const std::string& what) {
        const Error error = asked.refused("a");
        CHECK(error.kind == ErrorKind::network);
        CHECK(error.message.starts_with("the cache docker://ghcr.io/me/x has something wrong: "));
        CHECK(error.message.find(what) != std::string::npos);
        CHECK(error.hint.find("trusted like the builder") != std::string::npos);
        CHECK(asked.warned.empty());
    };
    SECTION("another step's record under the key") {
        const StepDocument other = document_of("b");
        asked.there.put("me/x", key, manifest_text(other, {}), document_text(other));
        says("holds a step with the key " + other.record.key.digest().to_string());
    }
    SECTION("a document of another digest") {
        asked.there.put("me/x", step);
        std::string changed = document_text(step);
        changed[changed.find("made of")] = 'M';
        asked.there.texts["me/x/blobs/" + Sha256::of(document_text(step)).to_string()] = changed;
        says("does not have its digest");
    }
    SECTION("a document that is longer than its descriptor says") {
        asked.there.put("me/x", step);
        asked.there.texts["me/x/blobs/" + Sha256::of(document_text(step)).to_string()] += " ";
        says("is longer than");
    }
    SECTION("a manifest of another type") {
        asked.there.put("me/x", step);
        asked.there.media_type = oci::index_type;
        says("is of the type '" + std::string(oci::index_type) + "'");
    }
}

TEST_CASE("a stop is no reason to leave a cache out") {
    Asked asked;
    asked.there.fake.http.answer_by = [](const io::HttpRequest&) -> std::optional<Result<io::HttpResponse>> {
        return Result<io::HttpResponse>(Error{.kind = ErrorKind::interrupted, .message = "stopped"});
    };
    asked.open({"me/x"});
    CHECK(asked.refused("a").kind == ErrorKind::interrupted);
    CHECK(asked.warned.empty());
}

TEST_CASE("a step whose document the registry has lost counts as not there, and the cache is asked on") {
    Asked asked;
    asked.there.put("me/x", document_of("a"));
    asked.there.put("me/x", document_of("b"));
    asked.there.texts.erase("me/x/blobs/" + Sha256::of(document_text(document_of("a"))).to_string());
    asked.open({"me/x"});
    CHECK(!*asked.find("a"));
    CHECK(*asked.find("b"));
    REQUIRE(asked.warned.size() == 1);
    CHECK(asked.warned[0].starts_with("the cache docker://ghcr.io/me/x has lost the document of a step"));
}
