// SPDX-License-Identifier: Apache-2.0
// An image made by hand whose parts a test may spoil before they are written: as a layout, an oci-archive, a
// docker-archive. Digests follow what was spoilt, unless the test spoils them too.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "io/compress.hpp"
#include "io/tar_writer.hpp"
#include "store/built_layer.hpp"
#include "support/catch.hpp"
#include "sys/fd.hpp"
#include "sys/file.hpp"

namespace tmplbuild {

inline std::string tar_of(const std::vector<std::pair<std::string, std::string>>& files) {
    std::string tar;
    io::TarWriter writer([&](std::span<const std::byte> data) -> Result<void> {
        tar.append(reinterpret_cast<const char*>(data.data()), data.size());
        return {};
    });
    for (const auto& [path, content] : files) {
        REQUIRE(writer.header({.path = path, .mode = 0644, .size = content.size()}));
        REQUIRE(writer.data(sys::as_bytes(content)));
    }
    REQUIRE(writer.finish());
    return tar;
}

inline std::string gzip_of(const std::string& text) {
    std::string out;
    io::Compressor compressor(Compression::gzip, [&](std::span<const std::byte> data) -> Result<void> {
        out.append(reinterpret_cast<const char*>(data.data()), data.size());
        return {};
    });
    REQUIRE(compressor.write(sys::as_bytes(text)));
    REQUIRE(compressor.finish());
    return out;
}

struct MadeImage {
    static constexpr const char* manifest_type = "application/vnd.oci.image.manifest.v1+json";
    static constexpr const char* index_type = "application/vnd.oci.image.index.v1+json";

    std::vector<std::string> tars{tar_of({{"etc/a", "one"}}), tar_of({{"etc/b", std::string(100'000, 'b')}})};
    std::string architecture = "amd64", layer_type = layer_media_type(Compression::gzip);
    json::object extra_config{}, extra_manifest{}, extra_layer{}, extra_entry{};
    json::array more_entries{};                // beside the image's own
    std::map<std::string, std::string> blobs;  // by digest in hex
    json::array index;                         // of the layout

    json::object put(const std::string& type, const std::string& content) {
        const Digest digest = Sha256::of(content);
        blobs[digest.hex()] = content;
        return {{"mediaType", type}, {"digest", digest.to_string()}, {"size", content.size()}};
    }
    static std::string hex(const json::value& descriptor) {
        return std::string(descriptor.as_object().at("digest").as_string()).substr(7);
    }

    std::string config() const {
        json::array ids;
        for (const std::string& tar : tars) ids.emplace_back(Sha256::of(tar).to_string());
        json::object config{{"os", "linux"},
                            {"architecture", architecture},
                            {"config", json::object{{"Env", json::array{"PATH=/usr/bin"}}}},
                            {"rootfs", json::object{{"type", "layers"}, {"diff_ids", ids}}}};
        for (const auto& item : extra_config) config[item.key()] = item.value();
        return json::canonical(config);
    }
    json::object manifest() {
        json::array layers;
        for (const std::string& tar : tars) {
            layers.emplace_back(put(layer_type, gzip_of(tar)));
            if (layers.size() == 1)
                for (const auto& item : extra_layer) layers[0].as_object()[item.key()] = item.value();
        }
        json::object manifest{{"schemaVersion", 2},
                              {"mediaType", manifest_type},
                              {"config", put("application/vnd.oci.image.config.v1+json", config())},
                              {"layers", layers}};
        for (const auto& item : extra_manifest) manifest[item.key()] = item.value();
        json::object entry = put(manifest_type, json::canonical(manifest));
        for (const auto& item : extra_entry) entry[item.key()] = item.value();
        return entry;
    }
    json::object nested(const json::array& entries) {
        return put(index_type, json::canonical(json::object{
                                   {"schemaVersion", 2}, {"mediaType", index_type}, {"manifests", entries}}));
    }
    void finish() {
        index = {manifest()};
        for (const json::value& entry : more_entries) index.push_back(entry);
    }

    std::map<std::string, std::string> files() const {
        std::map<std::string, std::string> out{
            {"oci-layout", R"({"imageLayoutVersion":"1.0.0"})"},
            {"index.json", json::canonical(json::object{{"schemaVersion", 2}, {"manifests", index}})}};
        for (const auto& [hex, content] : blobs) out["blobs/sha256/" + hex] = content;
        return out;
    }
    void write_layout(const std::filesystem::path& folder) const {
        for (const auto& [path, content] : files()) REQUIRE(sys::write_file_atomic(folder / path, content));
    }
    void write_oci_archive(const std::filesystem::path& file) const {
        const auto all = files();
        REQUIRE(sys::write_file_atomic(file, tar_of({all.begin(), all.end()})));
    }
    void write_docker_archive(const std::filesystem::path& file) const {
        json::array names;
        std::vector<std::pair<std::string, std::string>> out{{"config.json", config()}};
        for (std::size_t i = 0; i < tars.size(); ++i) {
            names.emplace_back(std::to_string(i) + "/layer.tar");
            out.emplace_back(std::to_string(i) + "/layer.tar", tars[i]);
        }
        out.emplace_back("manifest.json", json::canonical(json::array{json::object{
                                              {"Config", "config.json"}, {"RepoTags", {"a:1"}}, {"Layers", names}}}));
        REQUIRE(sys::write_file_atomic(file, tar_of(out)));
    }
};

}  // namespace tmplbuild
