// SPDX-License-Identifier: Apache-2.0
// Layers that a cache has: when they are fetched, and what becomes of bytes that are not theirs.
#include "cache/remote_layers.hpp"

#include "cache/registry_cache.hpp"
#include "cached_step.hpp"
#include "io/compress.hpp"
#include "registry/pull.hpp"
#include "support/catch.hpp"
#include "sys/file.hpp"

using namespace tmplbuild;
using namespace tmplbuild::cache;

namespace {

std::string zstd_of(const std::string& text) {
    std::string out;
    io::Compressor compressor(Compression::zstd, [&](std::span<const std::byte> data) -> Result<void> {
        out.append(reinterpret_cast<const char*>(data.data()), data.size());
        return {};
    });
    REQUIRE(compressor.write(sys::as_bytes(text)));
    REQUIRE(compressor.finish());
    return out;
}

struct Layers {
    sys::TempDirectory folder = sys::TempDirectory::make(std::filesystem::temp_directory_path(), "layers-").value();
    Store store = Store::open(folder.path()).value();
    SilentProgress progress{};
    std::vector<std::pair<std::string, Digest>> lost{};  // caches, and what of them
    RemoteLayers layers{store, progress, {"known"}, [this](const FoundRecord& record, const Digest& layer) {
                            lost.emplace_back(record->cache_name(), layer);
                            layers.remove(record);
                        }};
    std::map<Digest, std::string> blobs{};
    std::vector<Digest> opened{};
    std::vector<FoundRecord> all{};

    // A step whose blobs are `blobs`, opened as a registry does: what has come is given first, and the error after it.
    std::vector<BuiltLayer> add(StepDocument document) {
        std::vector<BuiltLayer> out = document.record.layers;
        const auto open = [this](const oci::Descriptor& blob, const std::stop_token&) -> Result<oci::Blob> {
            opened.push_back(blob.digest);
            auto text = std::make_shared<std::string>(blobs[blob.digest]);
            auto at = std::make_shared<std::size_t>(0);
            return oci::Blob{"blob", blob.size, [text, at, blob](std::span<std::byte> into) -> Result<std::size_t> {
                                 const std::size_t got =
                                     text->copy(reinterpret_cast<char*>(into.data()), into.size(), *at);
                                 *at += got;
                                 if (got != 0 || Sha256::of(*text) == blob.digest) return got;
                                 return network_error("the blob does not have its digest",
                                                      "the registry, or what lies between, has other bytes than the "
                                                      "image names");
                             }};
        };
        all.push_back(std::make_shared<const RemoteRecord>(RemoteRecord{
            std::move(document), Reference::parse("ghcr.io/me/cache").value(), Sha256::of("manifest"), "", open}));
        layers.add(all.back());
        return out;
    }
};

std::size_t left_over(const Store& store) {
    std::error_code failed;
    const std::filesystem::directory_iterator at(store.root() / "tmp", failed), end;
    return static_cast<std::size_t>(std::distance(at, end));
}

}  // namespace

TEST_CASE("layers are fetched when they are asked for, each once, and none that the store has") {
    Layers there;
    there.store.put_blob(Sha256::of("local"), "local").value();
    there.blobs = {{Sha256::of("one"), "one"}, {Sha256::of("two"), "two"}, {Sha256::of("local"), "local"}};
    const auto all = there.add(document_of("a", {"one", "local", "two"}));
    CHECK(there.opened.empty());
    REQUIRE(there.layers.pull({all[0], all[1]}, {}));
    CHECK(there.opened == std::vector{Sha256::of("one")});
    CHECK(sys::read_file(there.store.blob_path(Sha256::of("one"))).value() == "one");
    REQUIRE(there.layers.pull(all, {}));
    REQUIRE(there.layers.pull(all, {}));
    CHECK(there.opened == std::vector{Sha256::of("one"), Sha256::of("two")});
    CHECK(left_over(there.store) == 0);
}

TEST_CASE("a layer that no cache has is left alone") {
    Layers there;
    CHECK(there.layers.pull(document_of("a", {"one"}).record.layers, {}));
    CHECK(there.opened.empty());
}

TEST_CASE("a layer with other bytes than its digest is refused, with the cache's name, and kept nowhere") {
    Layers there;
    there.blobs = {{Sha256::of("one"), "ONE"}};
    const auto pulled = there.layers.pull(there.add(document_of("a", {"one"})), {});
    REQUIRE(!pulled);
    CHECK(pulled.error().message.starts_with("the cache docker://ghcr.io/me/cache has something wrong: "));
    CHECK(!there.store.has_blob(Sha256::of("one")));
    CHECK(left_over(there.store) == 0);
}

TEST_CASE("blobs are opened in the store first, and else in the cache, where nothing is kept") {
    Layers there;
    there.blobs = {{Sha256::of("far"), "far"}};
    there.store.put_blob(Sha256::of("near"), "near").value();
    there.add(document_of("a", {"far", "near"}));
    const auto place = there.layers.place({});
    const auto text_of = [&](const std::string& content) {
        const oci::Descriptor wanted{"", Sha256::of(content), content.size(), "", "", false};
        CHECK(place->size(wanted).value() == content.size());
        return oci::read_text(place->open(wanted).value(), 100).value();
    };
    CHECK(text_of("far") == "far");
    CHECK(text_of("near") == "near");
    CHECK(there.opened == std::vector{Sha256::of("far")});
    CHECK(!there.store.has_blob(Sha256::of("far")));
    CHECK(!place->open({"", Sha256::of("nowhere"), 7, "", "", false}));
}

TEST_CASE("side files of known kinds come with their layer's name, and wrong ones are refused") {
    Layers there;
    const std::string small = zstd_of("an index"), other = zstd_of("unknown");
    StepDocument step = document_of("a", {"one"});
    step.side = {{Sha256::of("one"), "known", Sha256::of(small), small.size()},
                 {Sha256::of("one"), "later", Sha256::of(other), other.size()}};
    there.blobs = {{Sha256::of(small), small}, {Sha256::of(other), other}};
    const auto layers = there.add(step);
    SECTION("right") {
        REQUIRE(there.layers.pull_side_files(layers, {}));
        REQUIRE(there.layers.pull_side_files(layers, {}));
        CHECK(sys::read_file(there.store.side_file("known-given", Sha256::of("one"))).value() == "an index");
        CHECK(!std::filesystem::exists(there.store.side_file("known", Sha256::of("one"))));
        CHECK(there.opened == std::vector{Sha256::of(small)});
    }
    SECTION("with other bytes") {
        there.blobs[Sha256::of(small)] = zstd_of("another index");
        const auto pulled = there.layers.pull_side_files(layers, {});
        REQUIRE(!pulled);
        CHECK(pulled.error().message.find("docker://ghcr.io/me/cache has something wrong") != std::string::npos);
        CHECK(!std::filesystem::exists(there.store.side_file("known-given", Sha256::of("one"))));
    }
}

TEST_CASE("a layer that a cache has lost is told, and another cache has the step then") {
    Layers there;
    CacheRegistry registry;
    const StepDocument step = document_of("a", {"kept", "one"});
    for (const char* name : {"me/first", "me/second"}) {
        registry.put(name, step);
        registry.texts[std::string(name) + "/blobs/" + Sha256::of("kept").to_string()] = "kept";
    }
    RegistryCache cache({std::make_shared<const registry::Client>(registry.fake.client()),
                         {Reference::parse("ghcr.io/me/first").value(), Reference::parse("ghcr.io/me/second").value()},
                         nullptr,
                         [](const std::string&) {}});
    const auto find = [&] { return cache.find(step.record.key.digest(), {}).value(); };
    const BuiltLayer layer = step.record.layers[1];
    const auto first = find();
    there.layers.add(first);
    CHECK(there.layers.has(layer));
    const bool is_streamed = GENERATE(false, true);
    CAPTURE(is_streamed);
    if (is_streamed) {
        const auto text = oci::read_text(there.layers.place({})->open(descriptor_of(layer)).value(), 100);
        REQUIRE(!text);
        CHECK(registry::is_lost_blob(text.error()));
    } else {
        const auto pulled = there.layers.pull(step.record.layers, {});
        REQUIRE(!pulled);
        CHECK(registry::is_lost_blob(pulled.error()));
    }
    CHECK(there.lost == std::vector{std::pair{std::string("docker://ghcr.io/me/first"), layer.digest}});
    CHECK(!there.layers.has(layer));
    CHECK(left_over(there.store) == 0);
    cache.has_lost(*first);
    const auto second = find();
    REQUIRE(second);
    CHECK(second->cache_name() == "docker://ghcr.io/me/second");
    registry.texts["me/second/blobs/" + layer.digest.to_string()] = "one";
    there.layers.add(second);
    REQUIRE(there.layers.pull(step.record.layers, {}));
    CHECK(there.store.has_blob(layer.digest));
    cache.has_lost(*second);
    CHECK(!find());
}

TEST_CASE("a layer that two steps have is read from the other one where the first is lost") {
    Layers there;
    there.blobs = {{Sha256::of("one"), "one"}};
    there.add(document_of("a", {"one"}));
    const auto layers = there.add(document_of("b", {"one"}));
    const auto place = there.layers.place({});
    there.layers.remove(there.all.at(0));
    CHECK(there.layers.has(layers[0]));
    CHECK(oci::read_text(place->open(descriptor_of(layers[0])).value(), 100).value() == "one");
    there.layers.remove(there.all.at(1));
    CHECK(!there.layers.has(layers[0]));
}
