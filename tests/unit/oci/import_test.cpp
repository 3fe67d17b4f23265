// SPDX-License-Identifier: Apache-2.0
#include "oci/import.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>

#include "io/compress.hpp"
#include "io/process.hpp"
#include "oci/layout.hpp"
#include "oci/layout_file.hpp"
#include "pack/layer_writer.hpp"
#include "support/catch.hpp"
#include "sys/fd.hpp"
#include "sys/file_digest.hpp"

using namespace tmplbuild;
namespace fs = std::filesystem;

namespace {

std::string packed(const std::string& text, Compression codec) {
    std::string out;
    io::Compressor compressor(codec, [&](std::span<const std::byte> data) -> Result<void> {
        out.append(reinterpret_cast<const char*>(data.data()), data.size());
        return {};
    });
    REQUIRE(compressor.write(sys::as_bytes(text)));
    REQUIRE(compressor.finish());
    return out;
}

const std::string manifest_type = "application/vnd.oci.image.manifest.v1+json";
const std::string index_type = "application/vnd.oci.image.index.v1+json";
const std::string layer_type = "application/vnd.oci.image.layer.v1.tar";

json::object descriptor(const std::string& type, const std::string& content) {
    return {{"mediaType", type}, {"digest", Sha256::of(content).to_string()}, {"size", content.size()}};
}

// A layout of two layers whose parts a test may spoil before they are written; digests follow what was spoilt.
struct Layout {
    sys::TempDirectory folder = sys::TempDirectory::make(fs::temp_directory_path(), "import-test-").value();
    Store store = Store::open(folder.path() / "store").value();
    fs::path path = folder.path() / "layout";

    std::string first_tar = std::string(100'000, 'a'), second_tar = "second";
    std::string first = packed(first_tar, Compression::gzip), second = packed(second_tar, Compression::zstd);
    json::object config{{"os", "linux"},
                        {"architecture", "amd64"},
                        {"rootfs", json::object{{"type", "layers"},
                                                {"diff_ids", json::array{Sha256::of(first_tar).to_string(),
                                                                         Sha256::of(second_tar).to_string()}}}},
                        {"config", json::object{{"Env", json::array{"PATH=/usr/bin", "A=b=c"}},
                                                {"Entrypoint", json::array{"/bin/sh"}},
                                                {"Cmd", json::array{"-c", "true"}},
                                                {"User", "1000:100"},
                                                {"WorkingDir", "/srv"},
                                                {"Labels", json::object{{"k", "v"}}}}},
                        {"history", json::array{json::object{{"created_by", "ADD\nfile"}},
                                                json::object{{"created_by", "ENV"}, {"empty_layer", true}},
                                                json::object{{"created_by", "RUN x"}}}}};
    json::object first_layer = descriptor(layer_type + "+gzip", first);
    json::object second_layer = descriptor(layer_type + "+zstd", second);
    json::object extra_manifest{}, extra_entry{}, extra_index{};
    std::string config_type = "application/vnd.oci.image.config.v1+json";
    std::string announced = manifest_type;

    std::string blob(const std::string& content) const {
        const std::string hex = Sha256::of(content).hex();
        REQUIRE(sys::write_file_atomic(path / "blobs/sha256" / hex, content));
        return hex;
    }
    json::object write_manifest() const {
        const std::string config_text = json::canonical(config);
        blob(config_text);
        blob(first);
        blob(second);
        json::object manifest{{"schemaVersion", 2},
                              {"mediaType", manifest_type},
                              {"config", descriptor(config_type, config_text)},
                              {"layers", json::array{first_layer, second_layer}}};
        for (const auto& item : extra_manifest) manifest[item.key()] = item.value();
        const std::string text = json::canonical(manifest);
        blob(text);
        json::object entry = descriptor(announced, text);
        entry["annotations"] = json::object{{"org.opencontainers.image.ref.name", "v1"}};
        for (const auto& item : extra_entry) entry[item.key()] = item.value();
        return entry;
    }
    void write_index(const json::array& entries) const {
        json::object index{{"schemaVersion", 2}, {"manifests", entries}};
        for (const auto& item : extra_index) index[item.key()] = item.value();
        REQUIRE(sys::write_file_atomic(path / "oci-layout", oci::layout_text));
        REQUIRE(sys::write_file_atomic(path / "index.json", json::canonical(index)));
    }
    void write() const { write_index({write_manifest()}); }
    Result<oci::ImportedImage> import(const std::string& tag = "") const { return import_from(store, path, tag); }
    static Result<oci::ImportedImage> import_from(const Store& into, const fs::path& folder, const std::string& tag,
                                                  const ByteProgress& progress = {}) {
        auto image = oci::ImageSource::open({oci::ImageName::Kind::layout, folder, tag, ""});
        if (!image) return image.error();
        return oci::import_image(into, *image, progress);
    }
    std::string refused() const {
        write();
        auto image = import();
        // Nothing of a bad image is left behind half-done.
        CHECK(fs::is_empty(store.root() / "tmp"));
        return image ? "it was imported" : image.error().message;
    }
};

bool says(const std::string& message, const std::string& part) {
    INFO(message);
    const bool found = message.find(part) != std::string::npos;
    CHECK(found);
    return found;
}

}  // namespace

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
