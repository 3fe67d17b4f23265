// SPDX-License-Identifier: Apache-2.0
// A small layout on the disk whose parts a test may spoil before they are written. For tests of what reads layouts.
#pragma once

#include <filesystem>
#include <string>

#include "io/compress.hpp"
#include "oci/import.hpp"
#include "oci/layout_file.hpp"
#include "support/catch.hpp"
#include "sys/fd.hpp"
#include "sys/file.hpp"

namespace tmplbuild::spoilt {

namespace fs = std::filesystem;

inline std::string packed(const std::string& text, Compression codec) {
    std::string out;
    io::Compressor compressor(codec, [&](std::span<const std::byte> data) -> Result<void> {
        out.append(reinterpret_cast<const char*>(data.data()), data.size());
        return {};
    });
    REQUIRE(compressor.write(sys::as_bytes(text)));
    REQUIRE(compressor.finish());
    return out;
}

inline const std::string manifest_type = "application/vnd.oci.image.manifest.v1+json";
inline const std::string index_type = "application/vnd.oci.image.index.v1+json";
inline const std::string layer_type = "application/vnd.oci.image.layer.v1.tar";

inline json::object descriptor(const std::string& type, const std::string& content) {
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

inline bool says(const std::string& message, const std::string& part) {
    INFO(message);
    const bool found = message.find(part) != std::string::npos;
    CHECK(found);
    return found;
}

}  // namespace tmplbuild::spoilt
