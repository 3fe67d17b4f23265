// SPDX-License-Identifier: Apache-2.0
#include "oci/archive_out.hpp"

#include <sys/stat.h>

#include <fstream>
#include <map>

#include "io/archive.hpp"
#include "io/process.hpp"
#include "oci/image_source.hpp"
#include "oci/layout.hpp"
#include "pack/layer_writer.hpp"
#include "support/catch.hpp"
#include "sys/file_digest.hpp"

using namespace tmplbuild;
namespace fs = std::filesystem;

namespace {

struct Place {
    sys::TempDirectory folder = sys::TempDirectory::make(fs::temp_directory_path(), "oci-archive-test-").value();
    Store store = Store::open(folder.path() / "store").value();
    fs::path file = folder.path() / "deep/out.tar";

    BuiltLayer layer(const std::string& content, Compression compression) const {
        LayerWriter writer(store, {compression, "files"});
        REQUIRE(writer.add_text({.path = "file"}, content));
        return writer.finish().value();
    }
    oci::Image image() const {
        oci::ImageSpec spec;
        // The first one twice: two steps may make the same layer.
        for (const auto& [content, compression] : {std::pair{std::string(3 << 20, 'x'), Compression::zstd},
                                                   {"b", Compression::gzip},
                                                   {"c", Compression::none},
                                                   {std::string(3 << 20, 'x'), Compression::zstd}})
            spec.layers.push_back(layer(content, compression));
        spec.entrypoint = {"/launcher"};
        return oci::assemble_image(store, spec).value();
    }
    std::map<std::string, std::string> entries() const {
        auto archive = io::ArchiveReader::open(file).value();
        std::map<std::string, std::string> out;
        for (;;) {
            auto entry = archive.next().value();
            if (!entry) return out;
            CHECK(entry->mtime == 0);
            CHECK(entry->uid == 0);
            CHECK_FALSE(out.contains(entry->path));
            std::string content(entry->size, '\0');
            CHECK(archive.read(std::as_writable_bytes(std::span(content))).value() == entry->size);
            out[entry->path] = content;
        }
    }
    std::size_t files_beside() const {
        return static_cast<std::size_t>(
            std::distance(fs::directory_iterator(file.parent_path()), fs::directory_iterator()));
    }
};

using Writer = std::function<Result<void>(const Place&, const oci::Image&, const ByteProgress&)>;
const std::vector<Writer> writers = {[](const Place& place, const oci::Image& image, const ByteProgress& progress) {
                                         return oci::write_oci_archive(place.store, image, place.file, "v1", progress);
                                     },
                                     [](const Place& place, const oci::Image& image, const ByteProgress& progress) {
                                         return oci::write_docker_archive(place.store, image, place.file, "example:v1",
                                                                          progress);
                                     }};

}  // namespace

TEST_CASE("an oci-archive holds a layout") {
    Place place;
    const oci::Image image = place.image();
    std::uint64_t last = 0, total = 0;
    REQUIRE(oci::write_oci_archive(place.store, image, place.file, "v1", [&](std::uint64_t done, std::uint64_t of) {
        CHECK(done >= last);
        last = done;
        total = of;
        return Result<void>();
    }));
    CHECK(total == image.size());
    CHECK(last == fs::file_size(place.file));
    const auto entries = place.entries();
    CHECK(entries.size() == 9);  // two files, two folders, manifest, config, three layers
    const fs::path unpacked = place.folder.path() / "unpacked";
    for (const auto& [path, content] : entries)
        if (!content.empty()) REQUIRE(sys::write_file_atomic(unpacked / path, content));
    CHECK(oci::ImageSource::open(oci::ImageName::parse("oci:" + unpacked.string() + ":v1").value())->digest() ==
          image.manifest_digest);
    CHECK(entries.at("index.json") == oci::index_text(image, "v1"));
    struct stat facts {};
    REQUIRE(::stat(place.file.c_str(), &facts) == 0);
    CHECK((facts.st_mode & 07777) == 0644);
}

TEST_CASE("a docker-archive holds plain layers by diff ID") {
    Place place;
    const oci::Image image = place.image();
    REQUIRE(oci::write_docker_archive(place.store, image, place.file, "example:v1", {}));
    const auto entries = place.entries();
    CHECK(entries.size() == 5);
    const auto manifest = json::parse(entries.at("manifest.json"), "manifest").value().as_array()[0].as_object();
    CHECK(manifest.at("RepoTags") == json::value(json::array{"example:v1"}));
    CHECK(manifest.at("Layers").as_array().size() == 4);
    CHECK(entries.at(std::string(manifest.at("Config").as_string())) == image.config);
    for (std::size_t i = 0; i < image.layers.size(); ++i) {
        const std::string name(manifest.at("Layers").as_array()[i].as_string());
        CHECK(name == image.layers[i].diff_id.hex() + ".tar");
        CHECK(Sha256::of(entries.at(name)) == image.layers[i].diff_id);
    }
    REQUIRE(oci::write_docker_archive(place.store, image, place.file, "", {}));
    CHECK(place.entries().at("manifest.json").find("\"RepoTags\":[]") != std::string::npos);
}

TEST_CASE("equal images give equal archives") {
    for (const Writer& write : writers) {
        Place one, two;
        REQUIRE(write(one, one.image(), {}));
        REQUIRE(write(two, two.image(), {}));
        CHECK(sys::hash_file(one.file).value() == sys::hash_file(two.file).value());
        CHECK(one.files_beside() == 1);
    }
}

TEST_CASE("an archive that cannot be finished leaves the one that was there") {
    for (const Writer& write : writers) {
        Place place;
        const oci::Image image = place.image();
        REQUIRE(sys::write_file_atomic(place.file, "the one before"));
        auto stopped = write(place, image, [](std::uint64_t done, std::uint64_t) -> Result<void> {
            if (done > 1 << 20) return Error{.kind = ErrorKind::interrupted, .message = "stopped"};
            return {};
        });
        if (stopped.has_value()) {  // zstd makes so little of the layer that there was nothing to stop
            CHECK(fs::file_size(place.file) < 1 << 20);
            REQUIRE(sys::write_file_atomic(place.file, "the one before"));
        } else {
            CHECK(stopped.error().kind == ErrorKind::interrupted);
        }
        const fs::path blob = place.store.blob_path(image.layers[1].digest);
        const std::string bytes = sys::read_file(blob).value();
        for (const std::size_t at : {std::size_t{12}, bytes.size() - 1}) {
            std::string damaged = bytes;
            damaged[at] = static_cast<char>(damaged[at] ^ 1);
            fs::remove(blob);
            std::ofstream(blob) << damaged;
            CHECK_FALSE(write(place, image, {}));
        }
        fs::remove(blob);
        std::ofstream(blob) << bytes.substr(0, bytes.size() / 2);
        CHECK_FALSE(write(place, image, {}));
        CHECK(sys::read_file(place.file).value() == "the one before");
        CHECK(place.files_beside() == 1);
    }
}

TEST_CASE("skopeo reads both archives as the same image") {
    if (!io::find_program("skopeo")) {
        WARN("skopeo is not here: its reading is not checked");
        return;
    }
    Place place;
    const oci::Image image = place.image();
    io::SystemProcessRunner runner;
    auto run = [&](const std::vector<std::string>& argv) {
        auto result = runner.run({.argv = argv}, {}).value();
        INFO(result.tail_text());
        CHECK(result.exit_code == 0);
        return result.out;
    };
    const std::string file = place.file.string(), copy = (place.folder.path() / "copy").string();
    REQUIRE(oci::write_oci_archive(place.store, image, place.file, "v1", {}));
    for (const std::string& name : {"oci-archive:" + file, "oci-archive:" + file + ":v1"})
        CHECK(run({"skopeo", "inspect", "--format", "{{.Digest}}", name}) == image.manifest_digest.to_string() + "\n");
    run({"skopeo", "copy", "-q", "oci-archive:" + file, "dir:" + copy});
    REQUIRE(oci::write_docker_archive(place.store, image, place.file, "example:v1", {}));
    for (const std::string& name : {"docker-archive:" + file, "docker-archive:" + file + ":example:v1"})
        CHECK(run({"skopeo", "inspect", "--config", "--raw", name}) == image.config);
    run({"skopeo", "copy", "-q", "docker-archive:" + file, "dir:" + copy});
}
