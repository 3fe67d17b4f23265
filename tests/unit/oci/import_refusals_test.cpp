// SPDX-License-Identifier: Apache-2.0
// What is no image, or not the one that it says it is, does not come into the store.
#include <sys/stat.h>

#include "oci/spoilt_layout.hpp"

using namespace tmplbuild;
using namespace tmplbuild::spoilt;
namespace fs = std::filesystem;

TEST_CASE("an image for another platform is refused by its configuration too") {
    Layout layout;
    layout.config["architecture"] = "arm64";
    CHECK(says(layout.refused(), "linux/arm64"));
}

TEST_CASE("documents that tools would read differently are refused") {
    {
        Layout layout;
        layout.extra_manifest["manifests"] = json::array{};
        CHECK(says(layout.refused(), "at once"));
    }
    {
        Layout layout;
        layout.extra_index["layers"] = json::array{};
        CHECK(says(layout.refused(), "at once"));
    }
    {
        Layout layout;
        layout.extra_manifest["Layers"] = json::array{};
        CHECK(says(layout.refused(), "some tools take for 'layers'"));
    }
    {
        Layout layout;
        layout.extra_manifest["mediaType"] = index_type;
        CHECK(says(layout.refused(), "was announced as"));
    }
    {
        Layout layout;
        layout.announced = index_type;  // an index by its descriptor, a manifest by its content
        CHECK(says(layout.refused(), "at once"));
    }
    {
        Layout layout;
        layout.announced = "application/vnd.docker.distribution.manifest.v1+prettyjws";
        CHECK(says(layout.refused(), "which is no image"));
    }
    {
        Layout layout;
        layout.config_type = "application/vnd.cncf.helm.config.v1+json";
        CHECK(says(layout.refused(), "not a container image"));
    }
    {
        Layout layout;
        layout.extra_manifest["schemaVersion"] = 1;
        CHECK(says(layout.refused(), "schemaVersion"));
    }
}

TEST_CASE("layers from elsewhere and of unknown kinds are refused") {
    for (const char* type : {"application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
                             "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
                             "application/vnd.in-toto+json", "application/vnd.oci.image.layer.v1.tar+xz"}) {
        Layout layout;
        layout.first_layer["mediaType"] = type;
        CHECK(says(layout.refused(), type));
    }
    Layout layout;
    layout.first_layer["urls"] = json::array{"https://attacker.example/layer"};
    CHECK(says(layout.refused(), "URL"));
}

TEST_CASE("a digest that is no sha256 never becomes a path") {
    for (const char* digest :
         {"sha256:../../../../etc/passwd", "sha256:", "", "sha512:00", "md5:d41d8cd98f00b204e9800998",
          "sha256:E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855"}) {
        Layout layout;
        layout.first_layer["digest"] = digest;
        CHECK(says(layout.refused(), "without a sha256 digest"));
    }
}

TEST_CASE("wrong digests, sizes and contents are refused") {
    {
        Layout layout;
        layout.first_layer["size"] = layout.first.size() - 1;
        CHECK(says(layout.refused(), "does not have its digest and size"));
    }
    {
        Layout layout;
        layout.first_layer["size"] = layout.first.size() + 1;
        CHECK(says(layout.refused(), "does not have its digest and size"));
    }
    {
        Layout layout;
        layout.first_layer["size"] = -1;
        CHECK(says(layout.refused(), "without a size"));
    }
    {
        Layout layout;
        layout.config["rootfs"].as_object()["diff_ids"].as_array()[1] = Sha256::of("other").to_string();
        CHECK(says(layout.refused(), "does not hold what the image's configuration says"));
    }
    {
        Layout layout;
        layout.config["rootfs"].as_object()["diff_ids"].as_array().pop_back();
        CHECK(says(layout.refused(), "lists 1 layers, and the image has 2"));
    }
    {
        Layout layout;
        layout.first_layer["mediaType"] = layer_type + "+zstd";
        CHECK(says(layout.refused(), "is not compressed as its media type"));
    }
    {
        Layout layout;
        layout.config["config"].as_object()["Env"] = json::array{"no equals sign"};
        CHECK(says(layout.refused(), "NAME=VALUE"));
    }
    {
        Layout layout;
        layout.config["config"].as_object()["Entrypoint"] = json::array{std::string("a\0b", 3)};
        CHECK(says(layout.refused(), "something else than text"));
    }
    // Bytes changed after the digests were taken: of the layer, the configuration, the manifest.
    for (const std::size_t which : {0, 1, 2}) {
        Layout layout;
        layout.write();
        const json::object index =
            json::parse(sys::read_file(layout.path / "index.json").value(), "index").value().as_object();
        const std::string digests[] = {
            Sha256::of(layout.first).hex(), Sha256::of(json::canonical(layout.config)).hex(),
            Digest::parse(index.at("manifests").as_array()[0].at("digest").as_string()).value().hex()};
        const fs::path blob = layout.path / "blobs/sha256" / digests[which];
        std::string bytes = sys::read_file(blob).value();
        bytes.back() = static_cast<char>(bytes.back() ^ 1);
        REQUIRE(sys::write_file_atomic(blob, bytes));
        CHECK_FALSE(layout.import());
        CHECK_FALSE(layout.store.has_blob(Sha256::of(layout.first)));
        CHECK(fs::is_empty(layout.store.root() / "tmp"));
    }
}

TEST_CASE("links, pipes and folders in the place of blobs are refused") {
    Layout layout;
    layout.write();
    const fs::path blob = layout.path / "blobs/sha256" / Sha256::of(layout.first).hex();
    const fs::path elsewhere = layout.folder.path() / "elsewhere";
    fs::rename(blob, elsewhere);
    fs::create_symlink(elsewhere, blob);  // even though the content is right
    CHECK(says(layout.import().error().message, "leads out of"));
    fs::remove(blob);
    REQUIRE(::mkfifo(blob.c_str(), 0600) == 0);
    CHECK(says(layout.import().error().message, "no regular file"));
    fs::remove(blob);
    fs::create_directory(blob);
    CHECK(says(layout.import().error().message, "Is a directory"));
    fs::remove(blob);
    CHECK(says(layout.import().error().message, "No such file"));
    fs::rename(elsewhere, blob);
    CHECK(layout.import());
    fs::rename(layout.path / "blobs", layout.folder.path() / "blobs");
    fs::create_symlink(layout.folder.path() / "blobs", layout.path / "blobs");
    CHECK(says(layout.import().error().message, "leads out of"));
}

TEST_CASE("what is no layout is said so") {
    Layout layout;
    fs::create_directory(layout.path);
    Result<oci::ImportedImage> none = layout.import();
    CHECK(says(none.error().message, "is no OCI layout"));
    REQUIRE(sys::write_file_atomic(layout.path / "index.json", "{}"));
    none = layout.import();
    CHECK(says(none.error().message, "is not an OCI image layout"));
    CHECK(none.error().hint.find("skopeo copy") != std::string::npos);
    layout.write();
    REQUIRE(sys::write_file_atomic(layout.path / "oci-layout", R"({"imageLayoutVersion":"2.0.0"})"));
    CHECK(says(layout.import().error().message, "imageLayoutVersion"));
    REQUIRE(sys::write_file_atomic(layout.path / "oci-layout", oci::layout_text));
    REQUIRE(sys::write_file_atomic(layout.path / "index.json", std::string(5 << 20, ' ')));
    CHECK(says(layout.import().error().message, "larger"));
}
