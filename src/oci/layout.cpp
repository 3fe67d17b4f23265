// SPDX-License-Identifier: Apache-2.0
#include "oci/layout.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <optional>
#include <set>

#include "base/json.hpp"
#include "base/text.hpp"
#include "oci/documents.hpp"
#include "oci/layout_file.hpp"
#include "sys/file.hpp"

namespace tmplbuild::oci {

namespace fs = std::filesystem;

static fs::path blob_in(const fs::path& directory, const Digest& digest) { return directory / blob_path(digest); }

static bool has_size(const fs::path& file, std::uint64_t size) {
    struct stat facts {};
    return ::stat(file.c_str(), &facts) == 0 && static_cast<std::uint64_t>(facts.st_size) == size;
}

static Result<json::object> read_index(const fs::path& directory) {
    auto text = sys::read_file(directory / "index.json", document_limit);
    if (!text) return text.error();
    auto document = json::parse(*text, directory / "index.json");
    if (!document) return document.error();
    if (!document->is_object() || !document->get_object().contains("manifests") ||
        !document->get_object()["manifests"].is_array())
        return build_error("'" + (directory / "index.json").string() + "' is not an OCI image index");
    return std::move(document->get_object());
}

static std::string tag_of(const json::value& entry) {
    const json::object* o = entry.if_object();
    if (o == nullptr || !o->contains("annotations") || !o->at("annotations").is_object()) return {};
    return json::string_or(o->at("annotations").get_object(), ref_name, "");
}

static Result<void> place_blob(const Store& store, const Digest& digest, std::uint64_t size,
                               const fs::path& directory) {
    const fs::path to = blob_in(directory, digest);
    if (has_size(to, size)) return {};
    const fs::path temporary = to.string() + ".new-" + sys::unique_suffix();
    if (::link(store.blob_path(digest).c_str(), temporary.c_str()) != 0) {
        std::error_code failed;
        fs::copy_file(store.blob_path(digest), temporary, failed);
        if (failed) {
            ::unlink(temporary.c_str());
            return os_error("copy a layer to", temporary, failed.value());
        }
    }
    if (::rename(temporary.c_str(), to.c_str()) != 0) {
        const int why = errno;
        ::unlink(temporary.c_str());
        return os_error("write", to, why);
    }
    ::unlink(temporary.c_str());  // rename() of two links to one file leaves both (rename(2))
    return {};
}

// Everything that the index's manifests name; none when one of them cannot be read, and then nothing is removed.
static std::optional<std::set<std::string>> named_blobs(const fs::path& directory, const json::array& manifests) {
    std::set<std::string> names;
    for (const json::value& entry : manifests) {
        if (!entry.is_object()) return std::nullopt;
        auto digest = Digest::parse(json::string_or(entry.get_object(), "digest", ""));
        if (!digest) return std::nullopt;
        names.insert(digest->hex());
        auto text = sys::read_file(blob_in(directory, *digest), document_limit);
        auto manifest = text ? json::parse(*text, digest->hex()) : Result<json::value>(text.error());
        if (!manifest || !manifest->is_object()) return std::nullopt;
        const json::object& o = manifest->get_object();
        auto config = json::get_object(o, "config");
        auto layers = json::get_array(o, "layers");
        if (!config || !layers) return std::nullopt;
        auto keep = [&](const json::object& d) { names.insert(json::string_or(d, "digest", "sha256:").substr(7)); };
        keep(**config);
        for (const json::value& layer : **layers)
            if (layer.is_object()) keep(layer.get_object());
    }
    return names;
}

static void remove_unnamed(const fs::path& directory, const json::array& manifests) {
    const auto names = named_blobs(directory, manifests);
    if (!names) return;
    std::error_code failed;
    for (const auto& entry : fs::directory_iterator(directory / "blobs" / "sha256", failed)) {
        const std::string name = entry.path().filename();
        if (Digest::parse_hex(name) && !names->contains(name)) ::unlink(entry.path().c_str());
    }
}

static bool is_complete(const Image& image, const fs::path& directory) {
    for (const BuiltLayer& layer : image.layers)
        if (!has_size(blob_in(directory, layer.digest), layer.size)) return false;
    return has_size(blob_in(directory, image.config_digest), image.config.size()) &&
           has_size(blob_in(directory, image.manifest_digest), image.manifest.size());
}

static json::object index_entry(const Image& image, const std::string& tag) {
    json::object entry{{"mediaType", manifest_type},
                       {"digest", image.manifest_digest.to_string()},
                       {"size", image.manifest.size()},
                       {"platform", json::object{{"architecture", "amd64"}, {"os", "linux"}}}};
    if (!tag.empty()) entry["annotations"] = json::object{{ref_name, tag}};
    return entry;
}

static std::string index_of(json::array manifests) {
    return json::canonical(
        json::object{{"schemaVersion", 2}, {"mediaType", index_type}, {"manifests", std::move(manifests)}});
}

std::string index_text(const Image& image, const std::string& tag) { return index_of({index_entry(image, tag)}); }

Result<void> write_layout(const Store& store, const Image& image, const fs::path& directory, const std::string& tag) {
    const json::object entry = index_entry(image, tag);
    json::array manifests;
    std::error_code failed;
    if (fs::exists(directory / "index.json", failed)) {
        auto old = read_index(directory);
        if (!old) return old.error();
        for (const json::value& other : (*old)["manifests"].get_array()) {
            if (other == json::value(entry) && is_complete(image, directory)) return {};
            if (tag_of(other) != tag) manifests.push_back(other);
        }
    } else if (fs::exists(directory, failed) && !fs::is_empty(directory, failed)) {
        return build_error("'" + directory.string() + "' is not an OCI layout, and not empty",
                           "choose another output with -o");
    }
    manifests.emplace_back(entry);

    if (auto made = sys::make_directories(directory / "blobs" / "sha256"); !made) return made;
    for (const BuiltLayer& layer : image.layers)
        if (auto placed = place_blob(store, layer.digest, layer.size, directory); !placed) return placed;
    for (const auto& [digest, size] :
         {std::pair{image.config_digest, image.config.size()}, {image.manifest_digest, image.manifest.size()}})
        if (auto placed = place_blob(store, digest, size, directory); !placed) return placed;
    if (auto written = sys::write_file_atomic(directory / layout_file, layout_text); !written) return written;
    if (auto written = sys::write_file_atomic(directory / "index.json", index_of(manifests)); !written) return written;
    remove_unnamed(directory, manifests);
    return {};
}

}  // namespace tmplbuild::oci
