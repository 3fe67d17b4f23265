// SPDX-License-Identifier: Apache-2.0
#include "oci/import.hpp"

#include <sys/stat.h>

#include <algorithm>

#include "io/process.hpp"
#include "oci/layout.hpp"
#include "oci/spoilt_layout.hpp"
#include "pack/layer_writer.hpp"
#include "support/catch.hpp"
#include "sys/file_digest.hpp"

using namespace tmplbuild;
using namespace tmplbuild::spoilt;
namespace fs = std::filesystem;

TEST_CASE("a layout's image comes into the store as it is") {
    Layout layout;
    layout.write();
    const auto image = layout.import("v1").value();
    REQUIRE(image.layers.size() == 2);
    CHECK(image.layers[0].digest == Sha256::of(layout.first));
    CHECK(image.layers[0].diff_id == Sha256::of(layout.first_tar));
    CHECK(image.layers[0].compression == Compression::gzip);
    CHECK(image.layers[0].size == layout.first.size());
    CHECK(image.layers[0].tar_size == layout.first_tar.size());
    CHECK(image.layers[0].comment == "base: ADD file");
    CHECK(image.layers[1].compression == Compression::zstd);
    CHECK(image.layers[1].comment == "base: RUN x");
    CHECK(image.config.environment == std::map<std::string, std::string>{{"PATH", "/usr/bin"}, {"A", "b=c"}});
    CHECK(image.config.entrypoint == std::vector<std::string>{"/bin/sh"});
    CHECK(image.config.command == std::vector<std::string>{"-c", "true"});
    CHECK(image.config.user == "1000:100");
    CHECK(image.config.directory == "/srv");
    CHECK(image.config.labels.at("k") == "v");
    for (const BuiltLayer& layer : image.layers) {
        CHECK(sys::hash_file(layout.store.blob_path(layer.digest)).value() == layer.digest);
        struct stat facts {};
        REQUIRE(::stat(layout.store.blob_path(layer.digest).c_str(), &facts) == 0);
        CHECK((facts.st_mode & 0777) == 0444);
        CHECK(facts.st_nlink == 1);  // the layout's file may still be written to, so it was copied
    }
    CHECK(fs::is_empty(layout.store.root() / "tmp"));
}

TEST_CASE("files that nobody can change are linked, and a known layer is not read again") {
    Layout layout;
    layout.write();
    const fs::path blob = layout.path / "blobs/sha256" / Sha256::of(layout.first).hex();
    ::chmod(blob.c_str(), 0444);
    const auto image = layout.import().value();
    struct stat facts {};
    REQUIRE(::stat(blob.c_str(), &facts) == 0);
    CHECK(facts.st_nlink == 2);
    fs::remove(blob);  // shows that it is not read
    CHECK(layout.import()->layers == image.layers);
    // Another claim about the same bytes is checked again.
    layout.config["rootfs"].as_object()["diff_ids"].as_array()[0] = Sha256::of("other").to_string();
    CHECK(says(layout.refused(), "does not hold what the image's configuration says"));
}

TEST_CASE("our own layouts, and skopeo's copies of them, are read") {
    Layout layout;
    oci::ImageSpec spec;
    for (const Compression compression : {Compression::none, Compression::gzip, Compression::zstd}) {
        LayerWriter writer(layout.store, {compression, "files"});
        REQUIRE(writer.add_text({.path = "f"}, std::to_string(static_cast<int>(compression))));
        spec.layers.push_back(writer.finish().value());
    }
    spec.environment["A"] = "1";
    const oci::Image image = oci::assemble_image(layout.store, spec).value();
    const fs::path out = layout.folder.path() / "out", copy = layout.folder.path() / "copy";
    REQUIRE(oci::write_layout(layout.store, image, out, "latest"));
    const Store other = Store::open(layout.folder.path() / "other").value();
    auto back = Layout::import_from(other, out, "");
    REQUIRE(back);
    CHECK(back->manifest_digest == image.manifest_digest);
    for (std::size_t i = 0; i < spec.layers.size(); ++i) {
        back->layers[i].comment = spec.layers[i].comment;
        CHECK(back->layers[i] == spec.layers[i]);
    }
    if (!io::find_program("skopeo")) {
        WARN("skopeo is not here: its copy is not read");
        return;
    }
    io::SystemProcessRunner runner;
    auto ran = runner.run(
        {.argv = {"skopeo", "copy", "-q", "oci:" + out.string() + ":latest", "oci:" + copy.string() + ":x"}}, {});
    REQUIRE(ran.value().exit_code == 0);
    const auto copied = Layout::import_from(other, copy, "x").value();
    REQUIRE(copied.layers.size() == 3);
    for (std::size_t i = 0; i < 3; ++i)  // skopeo compresses what is not
        CHECK(copied.layers[i].diff_id == spec.layers[i].diff_id);
}

TEST_CASE("the image for linux/amd64 is found, through an index too") {
    Layout layout;
    const json::object amd = layout.write_manifest();
    auto with = [](json::object entry, const std::string& os, const std::string& architecture,
                   const std::string& variant = "") {
        entry["platform"] = json::object{{"os", os}, {"architecture", architecture}};
        if (!variant.empty()) entry["platform"].as_object()["variant"] = variant;
        entry.erase("annotations");
        return entry;
    };
    const json::object attestation = with(descriptor(manifest_type, "{}"), "unknown", "unknown");
    auto nested = [&](const json::array& entries, const std::string& type = index_type) {
        const std::string text =
            json::canonical(json::object{{"schemaVersion", 2}, {"mediaType", type}, {"manifests", entries}});
        layout.blob(text);
        return descriptor(type, text);
    };
    const json::array all{with(amd, "linux", "arm64"), attestation, with(amd, "linux", "amd64"),
                          with(amd, "linux", "amd64", "v3"), with(amd, "windows", "amd64")};
    layout.write_index(all);
    CHECK(layout.import());
    layout.write_index({nested(all)});
    CHECK(layout.import());
    layout.write_index({nested(all, "application/vnd.docker.distribution.manifest.list.v2+json")});
    CHECK(layout.import());
    layout.write_index({nested({nested(all)})});
    CHECK(layout.import());
    layout.write_index({nested({nested({nested({nested(all)})})})});
    CHECK(says(layout.import().error().message, "without end"));
    layout.write_index({with(amd, "linux", "arm64")});
    auto arm = layout.import();
    CHECK(says(arm.error().message, "only for linux/arm64"));
    layout.write_index({nested({with(amd, "linux", "arm64"), attestation})});
    CHECK(says(layout.import().error().message, "only for linux/arm64"));
    layout.write_index({with(amd, "linux", "amd64"), with(amd, "linux", "amd64")});
    CHECK(layout.import());  // one image, named twice
    json::object untold = amd;
    untold.erase("annotations");
    layout.write_index({attestation, untold});  // skopeo and podman say no platform
    CHECK(layout.import());
    layout.config["config"].as_object()["User"] = "2000";
    const json::object other = layout.write_manifest();
    layout.write_index({with(amd, "linux", "amd64"), with(other, "linux", "amd64")});
    CHECK(says(layout.import().error().message, "several images"));
    json::object named = with(other, "linux", "arm64");
    named["annotations"] = json::object{{"org.opencontainers.image.ref.name", "v2"}};
    json::object first = with(amd, "linux", "amd64");
    first["annotations"] = json::object{{"org.opencontainers.image.ref.name", "v1"}};
    layout.write_index({first, named});  // no platform tells which of two names is meant
    CHECK(says(layout.import().error().message, "several images"));
    CHECK(layout.import("v1"));
    layout.write_index({amd});
    auto absent = layout.import("v2");
    CHECK(says(absent.error().message, "no image 'v2'"));
    CHECK(absent.error().hint == "it has: v1");
    layout.write_index({});
    CHECK(says(layout.import().error().message, "has no image"));
}

TEST_CASE("reading a large base tells of its bytes and can be stopped") {
    Layout layout;
    layout.first_tar.clear();
    for (int i = 0; i < 300'000; ++i) layout.first_tar += std::to_string(i * 7919LL);
    layout.first = packed(layout.first_tar, Compression::gzip);
    layout.first_layer = descriptor(layer_type + "+gzip", layout.first);
    layout.config["rootfs"].as_object()["diff_ids"].as_array()[0] = Sha256::of(layout.first_tar).to_string();
    layout.write();
    std::uint64_t last = 0;
    auto stopped = Layout::import_from(layout.store, layout.path, "", [&](std::uint64_t done, std::uint64_t total) {
        CHECK(total == layout.first.size() + layout.second.size());
        last = done;
        return Result<void>(Error{.kind = ErrorKind::interrupted, .message = "stopped"});
    });
    CHECK(stopped.error().kind == ErrorKind::interrupted);
    CHECK(last < layout.first.size());
    CHECK(fs::is_empty(layout.store.root() / "tmp"));
    CHECK(layout.import());
}
