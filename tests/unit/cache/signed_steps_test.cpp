// SPDX-License-Identifier: Apache-2.0
// A cache with a key: what it has not signed is not there, and what it has signed cannot be put elsewhere.
#include "cache/cache_writer.hpp"
#include "cache/registry_cache.hpp"
#include "cached_step.hpp"
#include "registry/pushed.hpp"
#include "support/catch.hpp"

using namespace tmplbuild;
using namespace tmplbuild::cache;

namespace {

using Key = std::shared_ptr<const SigningKey>;

Key key_from(const std::string& base64_of_key) {
    const std::string kind = base64_of_key.starts_with("MC4") ? "PRIVATE" : "PUBLIC";
    return std::make_shared<const SigningKey>(
        SigningKey::parse("-----BEGIN " + kind + " KEY-----\n" + base64_of_key + "\n-----END " + kind + " KEY-----\n",
                          "key")
            .value());
}
const Key ours = key_from("MC4CAQAwBQYDK2VwBCIEIEzNCJso/5banbbDRuwRTg9bijGfNaumJNqM9u1PuKb7");
const Key our_public = key_from("MCowBQYDK2VwAyEAPUAXw+hDiVqStwqnTRt+vJyYLM8uxJaMwM1V8Sr0Zgw=");
const Key theirs = key_from("MC4CAQAwBQYDK2VwBCIEIIDm90qCUE77zWjQ04yFLkSmK5+kRlETQowKCQDTcYTv");

struct Signed : Pusher {
    std::vector<std::string> warned{};
    std::shared_ptr<const registry::Client> client = std::make_shared<registry::Client>(
        registry::Client{.http = there, .runner = helper, .first_pause = std::chrono::milliseconds(1)});

    void write(const std::string& step, const Key& key, const std::string& layer = "a layer") {
        store.put_blob(Sha256::of(layer), layer).value();
        CacheWriter writer({client, Reference::parse("ghcr.io/me/cache").value(), "1", {}, key}, store, progress);
        writer.offer({document_of(step, {layer}).record});
        writer.finish({});
    }
    std::unique_ptr<RegistryCache> reader(const Key& key) {
        return std::make_unique<RegistryCache>(
            RegistryCache::Settings{client,
                                    {Reference::parse("ghcr.io/me/cache").value()},
                                    nullptr,
                                    [this](const std::string& text) { warned.push_back(text); },
                                    key});
    }
    FoundRecord find(const std::string& step, const Key& key) {
        return reader(key)->find(key_of(step).digest(), {}).value();
    }
    std::string& manifest(const std::string& step) {
        return there.manifests["me/cache:" + tag_of(key_of(step).digest())];
    }
};

}  // namespace

TEST_CASE("a step that the key has signed is found, with either half of the key, and without one") {
    Signed cache;
    cache.write("a", ours);
    CHECK(cache.find("a", ours));
    const FoundRecord found = cache.find("a", our_public);
    REQUIRE(found);
    CHECK(found->signed_by == ours->id().to_string());
    CHECK(cache.find("a", nullptr)->signed_by.empty());
}

TEST_CASE("a step that nobody, or another key, has signed is not there, and that is said once with the count") {
    Signed cache;
    cache.write("a", nullptr);
    cache.write("b", theirs);
    cache.write("c", ours);
    const auto reader = cache.reader(our_public);
    std::vector<Digest> keys;
    for (const char* step : {"a", "b", "c", "d"}) keys.push_back(key_of(step).digest());
    REQUIRE(reader->find_all(keys, {}));
    REQUIRE(reader->find_all(keys, {}));
    CHECK(!*reader->find(keys[0], {}));
    CHECK(!*reader->find(keys[1], {}));
    CHECK(*reader->find(keys[2], {}));
    CHECK(cache.warned ==
          std::vector<std::string>{"2 steps of the cache docker://ghcr.io/me/cache are not signed by the "
                                   "key of --cache-key, and count as not there"});
}

TEST_CASE("a signature holds for one key and one document") {
    Signed cache;
    cache.write("a", ours);
    cache.write("b", ours);
    SECTION("of another step's key") {
        cache.manifest("b") = cache.manifest("a");
        CHECK(!cache.find("b", ours));
    }
    SECTION("of another document") {
        const std::string before = cache.manifest("a");
        const auto signature =
            oci::parse_artifact(before, oci::manifest_type, "x").value().annotations.at(signature_note);
        StepDocument other = document_of("a", {"a layer"});
        other.record.facts["fact"] = 2;
        const std::string text = document_text(other);
        cache.there.blobs["me/cache"][Sha256::of(text)] = text;
        cache.manifest("a") = manifest_text(other, {{signature_note, signature}});
        CHECK(cache.find("a", nullptr));
        CHECK(!cache.find("a", ours));
    }
    SECTION("with other notes it holds, for nothing that they say is believed") {
        const std::string before = cache.manifest("a");
        const auto signature =
            oci::parse_artifact(before, oci::manifest_type, "x").value().annotations.at(signature_note);
        cache.manifest("a") =
            manifest_text(document_of("a", {"a layer"}), {{signature_note, signature}, {step_note, "another"}});
        CHECK(cache.find("a", ours));
    }
}

TEST_CASE("a step that is there without our signature is written anew, and one with it is not") {
    Signed cache;
    cache.write("a", nullptr);
    const std::string bare = cache.manifest("a");
    // A public half cannot sign: what is there is as good as what it would write.
    cache.write("a", our_public);
    CHECK(cache.manifest("a") == bare);
    cache.write("a", ours);
    CHECK(cache.find("a", ours));
    const int puts = cache.there.count("PUT manifests");
    cache.write("a", ours);
    CHECK(cache.there.count("PUT manifests") == puts);
}
