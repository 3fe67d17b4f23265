// SPDX-License-Identifier: Apache-2.0
// Steps on their way into a cache: what arrives there, what is not sent again, and that a failure is a warning.
#include "cache/cache_writer.hpp"

#include "cache/registry_cache.hpp"
#include "cached_step.hpp"
#include "registry/pushed.hpp"
#include "support/catch.hpp"

using namespace tmplbuild;
using namespace tmplbuild::cache;

namespace {

class Messages : public SilentProgress {
  public:
    std::vector<std::string> all{};
    void message(const std::string& text) override { all.push_back(text); }
};

struct Writes : Pusher {
    Messages said{};
    std::shared_ptr<const registry::Client> client = std::make_shared<registry::Client>(
        registry::Client{.http = there, .runner = helper, .first_pause = std::chrono::milliseconds(1)});

    // A step whose layers are in the store.
    Record record(const std::string& step, const std::vector<std::string>& layers = {"a layer"}) const {
        for (const std::string& layer : layers) store.put_blob(Sha256::of(layer), layer).value();
        return document_of(step, layers).record;
    }
    void write(const std::vector<Record>& records) {
        CacheWriter writer({client, Reference::parse("ghcr.io/me/cache").value(), "tmplbuild 1", {"known"}}, store,
                           said);
        for (const Record& one : records) writer.offer({one});
        writer.finish(stop.get_token());
    }
    void write_offer(CacheWriter::Offer offer) {
        CacheWriter writer({client, Reference::parse("ghcr.io/me/cache").value(), "tmplbuild 1", {"known"}}, store,
                           said);
        writer.offer(std::move(offer));
        writer.finish(stop.get_token());
    }
    FoundRecord found(const std::string& step) {
        RegistryCache cache(
            {client, {Reference::parse("ghcr.io/me/cache").value()}, nullptr, [this](const std::string& text) {
                 said.all.push_back(text);
             }});
        return cache.find(key_of(step).digest(), {}).value();
    }
    std::string manifest(const std::string& step) {
        return there.manifests["me/cache:" + tag_of(key_of(step).digest())];
    }
};

}  // namespace

TEST_CASE("a written step is found again, with its layers and side files") {
    Writes writes;
    const Record record = writes.record("kernel:x", {"one", "two", "one"});
    writes.store.put_side_file("known", Sha256::of("one"), "an index").value();
    writes.store.put_side_file("unknown", Sha256::of("one"), "something").value();
    writes.write({record});
    const FoundRecord found = writes.found("kernel:x");
    REQUIRE(found);
    CHECK(found->record().layers == record.layers);
    REQUIRE(found->document.side.size() == 1);
    CHECK(found->document.side[0].kind == "known");
    CHECK(writes.there.blobs["me/cache"].at(Sha256::of("two")) == "two");
    CHECK(writes.there.blobs["me/cache"].contains(found->document.side[0].digest));
    const auto artifact = parse_manifest(writes.manifest("kernel:x"), oci::manifest_type, "x");
    REQUIRE(artifact);
    CHECK(artifact->annotations.at(step_note) == "kernel:x");
    CHECK(artifact->annotations.at(key_note) == key_of("kernel:x").digest().to_string());
    CHECK(artifact->annotations.at(version_note) == "tmplbuild 1");
    CHECK(artifact->annotations.at(created_note).size() == 20);
    CHECK(writes.said.all.empty());
}

TEST_CASE("a step without layers is written, too") {
    Writes writes;
    writes.write({writes.record("facts", {})});
    CHECK(writes.found("facts"));
}

TEST_CASE("a step that the cache has is not written again, and one that is no step is replaced") {
    Writes writes;
    writes.write({writes.record("a")});
    // As another machine has written it.
    const std::string first = manifest_text(document_of("a", {"a layer"}), {{version_note, "another"}});
    writes.there.manifests["me/cache:" + tag_of(key_of("a").digest())] = first;
    const int puts = writes.there.count("PUT");
    writes.write({writes.record("a"), writes.record("a")});
    CHECK(writes.there.count("PUT") == puts);
    CHECK(writes.manifest("a") == first);
    writes.there.manifests["me/cache:" + tag_of(key_of("a").digest())] = "{}";
    writes.write({writes.record("a")});
    CHECK(writes.found("a"));
}

TEST_CASE("a cache that cannot be written is a warning, once, and nothing more is tried") {
    Writes writes;
    int asked = 0;
    writes.there.instead = [&](const std::string& what) -> std::optional<Result<io::HttpResponse>> {
        if (what.starts_with("GET") || what.starts_with("HEAD")) return std::nullopt;
        ++asked;
        return Result<io::HttpResponse>(io::HttpResponse{
            .status = 403, .headers = {}, .body = R"({"errors":[{"code":"DENIED"}]})", .final_url = {}});
    };
    writes.write({writes.record("a"), writes.record("b"), writes.record("c")});
    REQUIRE(writes.said.all.size() == 1);
    CHECK(
        writes.said.all[0].starts_with("warning: the step a is not written to the cache docker://ghcr.io/me/cache: "));
    CHECK(asked <= 4);  // of the one step
    CHECK(writes.there.manifests.empty());
}

TEST_CASE("a cache says before anything is made whether it can be written") {
    Writes writes;
    const CacheWriter writer({writes.client, Reference::parse("ghcr.io/me/cache").value(), "tmplbuild 1", {}},
                             writes.store, writes.said);
    SECTION("it can") {
        CHECK(writer.check({}));
        CHECK(writes.there.uploads.empty());
        CHECK(writes.there.manifests.empty());
    }
    SECTION("it cannot") {
        writes.there.instead = [](const std::string& what) -> std::optional<Result<io::HttpResponse>> {
            if (!what.starts_with("POST")) return std::nullopt;
            return io::HttpResponse{.status = 405, .headers = {}, .body = {}, .final_url = {}};
        };
        const auto may = writer.check({});
        REQUIRE_FALSE(may);
        CHECK(may.error().message.find("it is not written to the cache docker://ghcr.io/me/cache: ") !=
              std::string::npos);
    }
}

TEST_CASE("a stop ends the writes without a word") {
    Writes writes;
    writes.there.instead = [&](const std::string&) -> std::optional<Result<io::HttpResponse>> {
        writes.stop.request_stop();
        return std::nullopt;
    };
    writes.write({writes.record("a"), writes.record("b"), writes.record("c")});
    CHECK(writes.said.all.empty());
    CHECK(!writes.there.manifests.contains("me/cache:" + tag_of(key_of("c").digest())));
}

TEST_CASE("a step that is of no use in the cache is replaced, and what came there since stays") {
    Writes writes;
    writes.write({writes.record("a", {"first"})});
    const std::string first = writes.manifest("a");
    const Record again = writes.record("a", {"second"});
    writes.write_offer({.record = again, .is_new = true});
    CHECK(writes.manifest("a") == first);
    writes.write_offer({.record = again, .is_new = true, .unusable = Sha256::of("another manifest")});
    CHECK(writes.manifest("a") == first);
    writes.write_offer({.record = again, .is_new = true, .unusable = Sha256::of(first)});
    CHECK(writes.manifest("a") != first);
    CHECK(writes.found("a")->record().layers == again.layers);
}

TEST_CASE("a new step is written where the cache has lost a blob of its own") {
    Writes writes;
    Record record = writes.record("a", {"one", "two"});
    writes.write({record});
    record.seconds += 1;  // as it is made again
    const std::string lost = GENERATE("a layer", "the document");
    CAPTURE(lost);
    auto& blobs = writes.there.blobs["me/cache"];
    const Digest digest = lost == "a layer"
                              ? Sha256::of("two")
                              : parse_manifest(writes.manifest("a"), oci::manifest_type, "a").value().config.digest;
    blobs.erase(digest);
    const std::string first = writes.manifest("a");
    writes.write_offer({.record = record});
    CHECK(writes.manifest("a") == first);
    writes.write_offer({.record = record, .is_new = true});
    CHECK(writes.manifest("a") != first);
    CHECK(writes.found("a"));
    CHECK(blobs.contains(Sha256::of("two")));
    const int puts = writes.there.count("PUT");
    writes.write_offer({.record = record, .is_new = true});
    CHECK(writes.there.count("PUT") == puts);
    CHECK(writes.said.all.empty());
}
