// SPDX-License-Identifier: Apache-2.0
#include "oci/layout.hpp"

#include <sys/stat.h>

#include <atomic>
#include <fstream>
#include <thread>

#include "io/process.hpp"
#include "oci/image_source.hpp"
#include "pack/layer_writer.hpp"
#include "support/catch.hpp"
#include "sys/file_digest.hpp"

using namespace tmplbuild;
namespace fs = std::filesystem;

namespace {

struct Place {
    sys::TempDirectory folder = sys::TempDirectory::make(fs::temp_directory_path(), "oci-test-").value();
    Store store = Store::open(folder.path() / "store").value();
    fs::path layout = folder.path() / "out";

    oci::Image image(const std::vector<std::string>& contents, Compression compression = Compression::zstd) const {
        oci::ImageSpec spec;
        for (const std::string& content : contents) {
            LayerWriter writer(store, {compression, "files " + content});
            REQUIRE(writer.add_text({.path = content}, content));
            spec.layers.push_back(writer.finish().value());
        }
        spec.environment["PATH"] = "/usr/bin";
        spec.entrypoint = {"/opt/tmplbuild/launcher"};
        spec.exposed_ports = {8888};
        spec.annotations["example"] = "yes";
        return oci::assemble_image(store, spec).value();
    }
    Result<oci::ImageSource> read(const std::string& tag) const {
        return oci::ImageSource::open({oci::ImageName::Kind::layout, layout, tag, ""});
    }
    io::ProcessResult run(const std::vector<std::string>& argv) const {
        io::SystemProcessRunner runner;
        auto result = runner.run({.argv = argv}, {});
        REQUIRE(result);
        INFO(result->tail_text());
        REQUIRE(result->exit_code == 0);
        return *result;
    }
};

}  // namespace

TEST_CASE("an image reads back from its layout, and skopeo agrees") {
    for (const Compression compression : {Compression::zstd, Compression::gzip}) {
        Place place;
        const oci::Image image = place.image({"a", "b"}, compression);
        REQUIRE(oci::write_layout(place.store, image, place.layout, "latest"));
        auto back = place.read("");
        REQUIRE(back);
        CHECK(back->digest() == image.manifest_digest);
        CHECK(back->annotation("example") == "yes");
        CHECK(back->size() == image.size());
        if (!io::find_program("skopeo")) {
            WARN("skopeo is not here: its reading is not checked");
            continue;
        }
        const std::string shown = place.run({"skopeo", "inspect", "oci:" + place.layout.string() + ":latest"}).out;
        CHECK(shown.find(image.layers[1].digest.to_string()) != std::string::npos);
        place.run({"skopeo", "copy", "-q", "oci:" + place.layout.string() + ":latest",
                   "dir:" + (place.folder.path() / "d").string()});
    }
}

TEST_CASE("umoci unpacks a gzip image to what was packed") {
    if (!io::find_program("umoci")) {
        WARN("umoci is not here: its reading is not checked");
        return;
    }
    Place place;
    REQUIRE(oci::write_layout(place.store, place.image({"a", "b"}, Compression::gzip), place.layout, "latest"));
    place.run({"umoci", "unpack", "--rootless", "--image", place.layout.string() + ":latest",
               (place.folder.path() / "u").string()});
    CHECK(sys::read_file(place.folder.path() / "u/rootfs/b").value() == "b");
}

TEST_CASE("equal layers and options give equal documents, without a time") {
    Place one, two;
    CHECK(one.image({"a"}).manifest == two.image({"a"}).manifest);
    CHECK(one.image({"a"}).config.find("created\"") == std::string::npos);
}

TEST_CASE("a second write changes nothing on disk; another image replaces the tag and takes its own blobs away") {
    Place place;
    REQUIRE(oci::write_layout(place.store, place.image({"a", "b"}), place.layout, "latest"));
    auto stamp = [&] {
        struct stat facts {};
        ::stat((place.layout / "index.json").c_str(), &facts);
        return facts.st_ino;
    };
    const auto before = stamp();
    REQUIRE(oci::write_layout(place.store, place.image({"a", "b"}), place.layout, "latest"));
    CHECK(stamp() == before);

    REQUIRE(oci::write_layout(place.store, place.image({"a", "c"}), place.layout, "other"));
    auto blobs = [&] {
        return std::distance(fs::directory_iterator(place.layout / "blobs/sha256"), fs::directory_iterator());
    };
    CHECK(blobs() == 7);  // two manifests, two configs, layers a, b, c
    REQUIRE(oci::write_layout(place.store, place.image({"a", "c"}), place.layout, "latest"));
    CHECK(blobs() == 4);  // both tags name one image now: manifest, config, layers a and c
    CHECK(place.read("latest"));
    CHECK(place.read("other"));
    auto missing = place.read("lates");
    REQUIRE_FALSE(missing);
    CHECK(missing.error().hint.find("latest") != std::string::npos);
}

TEST_CASE("an image that another tag reaches through an index keeps its blobs") {
    Place place;
    const oci::Image kept = place.image({"kept"}), old = place.image({"old"}), next = place.image({"next"});
    REQUIRE(oci::write_layout(place.store, kept, place.layout, "many"));
    REQUIRE(oci::write_layout(place.store, old, place.layout, "one"));
    const auto blob = [&](const Digest& digest) { return place.layout / "blobs/sha256" / digest.hex(); };
    // As skopeo copies an image of several platforms: the index lies among the blobs.
    const auto manifest_size = fs::file_size(blob(kept.manifest_digest));
    const auto entry = [](const std::string& type, const Digest& digest, std::uint64_t size) {
        return json::object{{"mediaType", type}, {"digest", digest.to_string()}, {"size", size}};
    };
    const std::string inner = json::canonical(
        json::object{{"schemaVersion", 2},
                     {"mediaType", oci::index_type},
                     {"manifests", json::array{entry(oci::manifest_type, kept.manifest_digest, manifest_size)}}});
    REQUIRE(sys::write_file_atomic(blob(Sha256::of(inner)), inner));
    json::object top = json::parse(sys::read_file(place.layout / "index.json").value(), "index").value().get_object();
    for (json::value& one : top.at("manifests").as_array()) {
        if (one.at("digest").as_string() != kept.manifest_digest.to_string()) continue;
        json::object changed = entry(oci::index_type, Sha256::of(inner), inner.size());
        changed["annotations"] = one.at("annotations");
        one = changed;
    }
    REQUIRE(sys::write_file_atomic(place.layout / "index.json", json::canonical(top)));
    REQUIRE(oci::write_layout(place.store, next, place.layout, "one"));
    CHECK(fs::exists(blob(Sha256::of(inner))));
    CHECK(fs::exists(blob(kept.manifest_digest)));
    CHECK(fs::exists(blob(kept.layers[0].digest)));
    CHECK_FALSE(fs::exists(blob(old.manifest_digest)));
    CHECK_FALSE(fs::exists(blob(old.layers[0].digest)));
}

TEST_CASE("a folder that is something else is not touched") {
    Place place;
    fs::create_directories(place.layout);
    std::ofstream(place.layout / "thesis.txt") << "precious";
    auto written = oci::write_layout(place.store, place.image({"a"}), place.layout, "latest");
    REQUIRE_FALSE(written);
    CHECK(std::distance(fs::directory_iterator(place.layout), fs::directory_iterator()) == 1);
}

TEST_CASE("what a write that was cut off left is gone on with") {
    Place place;
    const oci::Image image = place.image({"a"});
    fs::create_directories(place.layout / "blobs/sha256");
    std::ofstream(place.layout / "blobs/sha256" / (image.layers[0].digest.hex() + ".new-1-2-3")) << "half";
    std::ofstream(place.layout / "blobs/sha256" / image.layers[0].digest.hex()) << "half";
    std::ofstream(place.layout / "oci-layout") << "{}";
    REQUIRE(oci::write_layout(place.store, image, place.layout, "latest"));
    CHECK(place.read("latest")->open_layer(0)->finish());
    CHECK(std::distance(fs::directory_iterator(place.layout / "blobs/sha256"), fs::directory_iterator()) == 3);
}

TEST_CASE("a damaged blob of the same size is replaced, and nothing is written when all is sound") {
    Place place;
    const oci::Image image = place.image({"a", "b"});
    REQUIRE(oci::write_layout(place.store, image, place.layout, "latest"));
    const Digest digest = image.layers[0].digest;
    const fs::path blob = place.layout / "blobs/sha256" / digest.hex();
    std::string bytes = sys::read_file(blob).value();
    bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
    fs::remove(blob);  // not the store's file
    std::ofstream(blob, std::ios::binary) << bytes;
    REQUIRE(oci::write_layout(place.store, image, place.layout, "latest"));
    CHECK(sys::hash_file(blob).value() == digest);

    // The store's own file damaged, which the layout shares: no success, and the next build makes it again.
    ::chmod(blob.c_str(), 0644);
    std::fstream(blob, std::ios::in | std::ios::out | std::ios::binary).seekp(5) << "XXXX";
    const auto refused = oci::write_layout(place.store, image, place.layout, "latest");
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message.find("was damaged") != std::string::npos);
    CHECK_FALSE(place.store.has_blob(digest));
    REQUIRE(oci::write_layout(place.store, place.image({"a", "b"}), place.layout, "latest"));
    CHECK(sys::hash_file(blob).value() == digest);

    // A flipped blob of the store does not go into a new layout.
    ::chmod(place.store.blob_path(digest).c_str(), 0644);
    std::fstream(place.store.blob_path(digest), std::ios::in | std::ios::out | std::ios::binary).seekp(5) << "XXXX";
    CHECK_FALSE(oci::write_layout(place.store, image, place.folder.path() / "another", "latest"));
}

TEST_CASE("builds into one layout at once all keep their tags and blobs") {
    for (int round = 0; round < 10; ++round) {
        Place place;
        std::vector<oci::Image> images;
        for (const char* name : {"a", "b", "c", "d"}) images.push_back(place.image({name, "shared"}));
        std::vector<std::thread> threads;
        std::atomic<int> failed{0};
        for (std::size_t i = 0; i < images.size(); ++i)
            threads.emplace_back([&, i] {
                for (const char* kind : {"x", "y"})
                    if (!oci::write_layout(place.store, images[i], place.layout, kind + std::to_string(i))) ++failed;
            });
        for (std::thread& thread : threads) thread.join();
        CHECK(failed == 0);
        for (std::size_t i = 0; i < images.size(); ++i) {
            const auto image = place.read("y" + std::to_string(i));
            REQUIRE(image);
            CHECK(image->digest() == images[i].manifest_digest);
            for (std::size_t layer = 0; layer < 2; ++layer) CHECK(image->open_layer(layer)->finish());
        }
    }
}

TEST_CASE("a damaged layout is a clear error") {
    Place place;
    const oci::Image image = place.image({"a"});
    REQUIRE(oci::write_layout(place.store, image, place.layout, "latest"));
    const fs::path manifest = place.layout / "blobs/sha256" / image.manifest_digest.hex();
    fs::remove(manifest);
    std::ofstream(manifest) << "{}";
    auto damaged = place.read("latest");
    REQUIRE_FALSE(damaged);
    CHECK(damaged.error().message.find("does not have its digest") != std::string::npos);
    std::ofstream(place.layout / "index.json", std::ios::trunc) << "[]";
    CHECK_FALSE(place.read("latest"));
}

TEST_CASE("too many layers are refused") {
    Place place;
    oci::ImageSpec spec;
    spec.layers.assign(121, place.image({"a"}).layers[0]);
    CHECK_FALSE(oci::assemble_image(place.store, spec));
}

TEST_CASE("image names are read as skopeo reads them") {
    using Kind = oci::ImageName::Kind;
    CHECK(oci::ImageName::parse("oci:out/x:tag")->tag == "tag");
    CHECK(oci::ImageName::parse("oci:out/x")->path == "out/x");
    CHECK(oci::ImageName::parse("out/x:v1")->tag == "v1");
    const auto podman = oci::ImageName::parse("oci:out/x:docker.io/library/a:12").value();
    CHECK(podman.path == "out/x");
    CHECK(podman.tag == "docker.io/library/a:12");
    CHECK(oci::ImageName::parse("out/x")->kind == Kind::layout);
    CHECK(oci::ImageName::parse("docker-archive:f.tar")->kind == Kind::docker_archive);
    CHECK(oci::ImageName::parse("docker://ghcr.io/a/b:1")->reference == "ghcr.io/a/b:1");
    CHECK(oci::ImageName::parse("oci-archive:f.tar")->to_string() == "oci-archive:f.tar");
    CHECK(oci::ImageName::parse("oci-archive:f.tar:v1")->tag == "v1");
    const auto named = oci::ImageName::parse("docker-archive:f.tar:ghcr.io:443/a/b:v1").value();
    CHECK(named.path == "f.tar");
    CHECK(named.reference == "ghcr.io:443/a/b:v1");
    CHECK(named.to_string() == "docker-archive:f.tar:ghcr.io:443/a/b:v1");
    CHECK(oci::ImageName::parse("docker-archive:f.tar:comfyui")->reference == "comfyui:latest");
    CHECK(oci::ImageName::parse("docker-archive:f.tar")->reference.empty());
    CHECK(oci::ImageName::parse("docker-archive:f.tar")->to_string() == "docker-archive:f.tar");
    for (const char* bad : {"",
                            "oci:",
                            "oci:x:",
                            "oci:x:UPPER tag",
                            "oci:x:a b",
                            "oci:x:-a",
                            "oci:x:a-",
                            "oci:x:a..b",
                            "oci:x:a\nb",
                            "oci:x:a/",
                            "oci-archive:f:\x1b[2J",
                            "out/x:a b",
                            "oci::v1",
                            "docker://",
                            "podman:x",
                            "docke-archive:x",
                            "docker-archive:",
                            "docker-archive::x",
                            "docker-archive:f:",
                            "docker-archive:f:A",
                            "docker-archive:f:a@sha256:1",
                            "docker-archive:f:a..b",
                            "docker-archive:f:a/",
                            "docker-archive:f:a:",
                            "docker-archive:f:a:-x"})
        CHECK_FALSE(oci::ImageName::parse(bad));
}
