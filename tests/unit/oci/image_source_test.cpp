// SPDX-License-Identifier: Apache-2.0
#include "oci/image_source.hpp"

#include <fstream>

#include "io/process.hpp"
#include "oci/archive_out.hpp"
#include "oci/layout.hpp"
#include "pack/layer_writer.hpp"
#include "support/catch.hpp"

using namespace tmplbuild;
namespace fs = std::filesystem;

namespace {

struct Place {
    sys::TempDirectory folder = sys::TempDirectory::make(fs::temp_directory_path(), "source-test-").value();
    Store store = Store::open(folder.path() / "store").value();
    oci::Image image = make();

    oci::Image make() const {
        oci::ImageSpec spec;
        for (const auto& [name, compression] : {std::pair{"one", Compression::zstd}, {"two", Compression::gzip}}) {
            LayerWriter writer(store, {compression, name});
            REQUIRE(writer.add_text({.path = name}, std::string(100'000, name[0])));
            spec.layers.push_back(writer.finish().value());
        }
        spec.environment["PATH"] = "/usr/bin";
        spec.annotations["example"] = "yes";
        return oci::assemble_image(store, spec).value();
    }
    Result<oci::ImageSource> open(const std::string& name) const {
        return oci::ImageSource::open(oci::ImageName::parse(name).value());
    }
};

std::string content(const oci::ImageSource& image, std::size_t layer) {
    auto stream = image.open_layer(layer).value();
    std::string out;
    std::string buffer(10'000, '\0');
    for (;;) {
        const std::size_t got = stream.read(std::as_writable_bytes(std::span(buffer))).value();
        out.append(buffer, 0, got);
        if (got < buffer.size()) return out;
    }
}

}  // namespace

TEST_CASE("an image reads the same from a layout, an oci-archive, a docker-archive and the store") {
    const Place place;
    const std::string root = place.folder.path();
    REQUIRE(oci::write_layout(place.store, place.image, root + "/layout", "latest"));
    REQUIRE(oci::write_oci_archive(place.store, place.image, root + "/oci.tar", "latest", {}));
    REQUIRE(oci::write_docker_archive(place.store, place.image, root + "/docker.tar", "name:latest", {}));
    std::vector<std::string> first;
    for (const std::string& name : {"oci:" + root + "/layout", root + "/layout", "oci-archive:" + root + "/oci.tar",
                                    "docker-archive:" + root + "/docker.tar"}) {
        INFO(name);
        const auto image = place.open(name);
        REQUIRE(image);
        REQUIRE(image->layers().size() == 2);
        CHECK(image->config().environment.at("PATH") == "/usr/bin");
        const bool docker = name.starts_with("docker");
        CHECK(image->has_annotations() == !docker);
        CHECK(image->annotation("example") == (docker ? "" : "yes"));
        CHECK(image->digest() == (docker ? place.image.config_digest : place.image.manifest_digest));
        for (std::size_t i = 0; i < 2; ++i) {
            CHECK(image->check_blob(i));
            const std::string tar = content(*image, i);
            if (first.size() == i) first.push_back(tar);
            CHECK(tar == first[i]);
            CHECK(Sha256::of(tar) == place.image.layers[i].diff_id);
        }
    }
    const auto stored = oci::ImageSource::of_store(place.store, place.image.manifest_digest);
    REQUIRE(stored);
    CHECK(content(*stored, 1) == first[1]);
}

TEST_CASE("a damaged layer is found at its end, a cut one by its size") {
    const Place place;
    const fs::path layout = place.folder.path() / "layout";
    REQUIRE(oci::write_layout(place.store, place.image, layout, "latest"));
    const fs::path blob = layout / "blobs" / "sha256" / place.image.layers[0].digest.hex();
    const std::string whole = sys::read_file(blob).value();
    auto rewrite = [&](const std::string& bytes) {
        fs::remove(blob);
        std::ofstream(blob, std::ios::binary) << bytes;
    };
    std::string wrong = whole;
    wrong.back() = static_cast<char>(wrong.back() ^ 1);  // of the frame's checksum
    rewrite(wrong);
    const auto image = place.open(layout);
    REQUIRE(image);
    CHECK(image->check_blob(0));
    auto stream = image->open_layer(0);
    REQUIRE(stream);
    CHECK_FALSE(stream->finish());
    rewrite(whole.substr(0, 20));
    CHECK(image->check_blob(0).error().message.find("has 20 bytes") != std::string::npos);
}

TEST_CASE("what is no image on this machine is refused in words") {
    const Place place;
    CHECK(place.open("docker://registry/name").error().hint.find("skopeo copy") != std::string::npos);
    CHECK(place.open("oci:" + (place.folder.path() / "none").string()).error().hint.find("oci-archive:FILE") !=
          std::string::npos);
    const std::string folder = place.folder.path();
    const auto refusal = [&](const std::string& name) {
        const Error error = place.open(name).error();
        CHECK(error.kind == ErrorKind::usage);  // "no" and "it is damaged" are exit 1; a wrong name is 2
        return error.message + "; " + error.hint;
    };
    CHECK(refusal("oci:" + folder + "/none").find("there is no image at") != std::string::npos);
    CHECK(refusal("oci-archive:" + folder + "/none.tar").find("there is no image at") != std::string::npos);
    CHECK(refusal("docker-archive:" + folder + "/none.tar").find("there is no image at") != std::string::npos);
    CHECK(refusal("oci-archive:" + folder).find("oci:DIR") != std::string::npos);
    std::ofstream(place.folder.path() / "template.toml") << "schema = 1";
    CHECK(refusal(folder + "/template.toml").find("is a template") != std::string::npos);
    std::ofstream(place.folder.path() / "image.tar") << "";
    CHECK(refusal(folder + "/image.tar").find("oci-archive:FILE") != std::string::npos);
    CHECK(refusal(folder).find("no index.json") != std::string::npos);
    std::ofstream(place.folder.path() / "a.tar") << "no tar at all";
    CHECK_FALSE(place.open("oci-archive:" + (place.folder.path() / "a.tar").string()));
    REQUIRE(oci::write_docker_archive(place.store, place.image, place.folder.path() / "d.tar", "name:latest", {}));
    CHECK(place.open("docker-archive:" + (place.folder.path() / "d.tar").string() + ":other:latest")
              .error()
              .hint.find("name:latest") != std::string::npos);
    CHECK_FALSE(oci::ImageSource::of_store(place.store, Sha256::of("something")));
}
