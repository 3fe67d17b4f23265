// SPDX-License-Identifier: Apache-2.0
#include "oci/layout.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <optional>
#include <set>
#include <vector>

#include "base/json.hpp"
#include "base/text.hpp"
#include "oci/documents.hpp"
#include "oci/layout_file.hpp"
#include "store/checked_blobs.hpp"
#include "sys/fd.hpp"
#include "sys/file.hpp"

namespace tmplbuild::oci {

namespace fs = std::filesystem;

static constexpr const char* new_mark = ".new-";  // part of the name of a blob that is not complete yet

static fs::path blob_in(const fs::path& directory, const Digest& digest) { return directory / blob_path(digest); }

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

// One write of a layout, and which blobs of the layout and of the store are known to be sound.
namespace {

class LayoutWriter {
  public:
    LayoutWriter(const Store& store, const fs::path& directory)
        : store_(store),
          directory_(directory),
          stored_(store, store.root() / "blobs" / "sha256"),
          placed_(store, directory / "blobs" / "sha256") {}

    Result<bool> has(const Digest& digest) { return placed_.is_sound(digest); }

    // Removes anything else that has the name there.
    Result<void> place(const Digest& digest) {
        auto there = has(digest);
        if (!there) return there.error();
        if (*there) return {};
        const fs::path to = blob_in(directory_, digest);
        const fs::path temporary = to.string() + new_mark + sys::unique_suffix();
        auto placed = copy_blob_to(digest, temporary);
        if (placed && ::rename(temporary.c_str(), to.c_str()) != 0) placed = os_error("write", to, errno);
        ::unlink(temporary.c_str());  // rename() of two links to one file would leave both (rename(2))
        if (placed) placed_.trust(digest);
        return placed;
    }

    Result<void> remember() {
        if (auto saved = placed_.save(); !saved) return saved;
        return stored_.save();
    }

  private:
    Result<void> copy_blob_to(const Digest& digest, const fs::path& temporary) {
        if (::link(store_.blob_path(digest).c_str(), temporary.c_str()) != 0) return copy(digest, temporary);
        auto sound = stored_.is_sound(digest);
        if (!sound) return sound.error();
        if (!*sound) return store_.discard_damaged(digest);
        stored_.trust(digest);  // the new link changed the file's ctime
        return {};
    }

    Result<void> copy(const Digest& digest, const fs::path& temporary) {
        const fs::path file = store_.blob_path(digest);
        auto from = sys::open_fd(file, O_RDONLY);
        if (!from) return from.error();
        auto to = sys::open_fd(temporary, O_WRONLY | O_CREAT | O_EXCL, 0444);
        if (!to) return to.error();
        std::vector<std::byte> buffer(1 << 20);
        Sha256 hash;
        for (std::size_t got = buffer.size(); got == buffer.size();) {
            auto more = sys::read_full(from->get(), buffer, file);
            if (!more) return more.error();
            got = *more;
            const auto bytes = std::span<const std::byte>(buffer).first(got);
            hash.update(bytes);
            if (auto put = sys::write_all(to->get(), bytes, temporary); !put) return put;
        }
        if (hash.finish() != digest) return store_.discard_damaged(digest);
        if (::fchmod(to->get(), 0444) != 0) return os_error("make read-only", temporary, errno);
        return sys::sync_fd(to->get(), temporary);
    }

    const Store& store_;
    const fs::path& directory_;
    CheckedBlobs stored_, placed_;
};

}  // namespace

// Adds every blob that the manifests of an index name, nested indexes included. False when a manifest cannot be read:
// then nothing may be removed. A manifest that is not an image (an attestation) has a configuration and layers too.
static bool add_named_blobs(const fs::path& directory, const json::array& manifests, int depth,
                            std::set<std::string>& names) {
    if (depth == 0) return false;
    for (const json::value& entry : manifests) {
        if (!entry.is_object()) return false;
        auto digest = Digest::parse(json::string_or(entry.get_object(), "digest", ""));
        if (!digest) return false;
        names.insert(digest->hex());
        auto text = sys::read_file(blob_in(directory, *digest), document_limit);
        auto document = text ? json::parse(*text, digest->hex()) : Result<json::value>(text.error());
        if (!document || !document->is_object()) return false;
        const json::object& o = document->get_object();
        if (const json::value* inner = o.if_contains("manifests"); inner != nullptr && inner->is_array()) {
            if (!add_named_blobs(directory, inner->get_array(), depth - 1, names)) return false;
            continue;
        }
        auto config = json::get_object(o, "config");
        auto layers = json::get_array(o, "layers");
        if (!config || !layers) return false;
        auto keep = [&](const json::object& d) {
            if (auto named = Digest::parse(json::string_or(d, "digest", ""))) names.insert(named->hex());
        };
        keep(**config);
        for (const json::value& layer : **layers)
            if (layer.is_object()) keep(layer.get_object());
    }
    return true;
}

static void remove_unnamed(const fs::path& directory, const json::array& manifests) {
    std::set<std::string> names;
    if (!add_named_blobs(directory, manifests, index_depth, names)) return;
    std::error_code failed;
    for (const auto& entry : fs::directory_iterator(directory / "blobs" / "sha256", failed)) {
        const std::string name = entry.path().filename();
        // Left by a killed build, since this process holds the lock.
        const bool cut_off = name.find(new_mark) != std::string::npos;
        if (cut_off || (Digest::parse_hex(name) && !names.contains(name))) ::unlink(entry.path().c_str());
    }
}

static std::set<Digest> blobs_of(const Image& image) {
    std::set<Digest> out{image.config_digest, image.manifest_digest};
    for (const BuiltLayer& layer : image.layers) out.insert(layer.digest);
    return out;
}

static Result<bool> is_complete(const Image& image, LayoutWriter& writer) {
    for (const Digest& digest : blobs_of(image)) {
        auto there = writer.has(digest);
        if (!there || !*there) return there;
    }
    return true;
}

// Whether there is nothing but the files that an interrupted write leaves of a layout, so that it may be completed.
static bool is_begun_layout(const fs::path& directory) {
    std::error_code failed;
    for (const auto& entry : fs::directory_iterator(directory, failed)) {
        const std::string name = entry.path().filename();
        if (name != layout_file && name != "blobs" && name != ".lock" && !name.starts_with(".index.json.tmp-") &&
            !name.starts_with("." + std::string(layout_file) + ".tmp-"))
            return false;
    }
    for (const auto& entry : fs::directory_iterator(directory / "blobs", failed))
        if (entry.path().filename() != "sha256") return false;
    for (const auto& entry : fs::directory_iterator(directory / "blobs" / "sha256", failed)) {
        const std::string name = entry.path().filename();
        if (!Digest::parse_hex(name.substr(0, name.find(new_mark)))) return false;
    }
    return true;
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

// The other images of the layout; none when the layout holds this image already.
static Result<std::optional<json::array>> others_in(const fs::path& directory, const Image& image,
                                                    const json::object& entry, const std::string& tag,
                                                    LayoutWriter& writer) {
    json::array others;
    std::error_code failed;
    if (!fs::exists(directory / "index.json", failed)) {
        if (is_begun_layout(directory)) return std::optional(others);
        return build_error("'" + directory.string() + "' is not an OCI layout, and not empty",
                           "choose another output with -o");
    }
    auto old = read_index(directory);
    if (!old) return old.error();
    for (const json::value& other : (*old)["manifests"].get_array()) {
        if (other == json::value(entry)) {
            auto complete = is_complete(image, writer);
            if (!complete) return complete.error();
            if (*complete) return std::optional<json::array>();
        }
        if (tag_of(other) != tag) others.push_back(other);
    }
    return std::optional(others);
}

Result<void> write_layout(const Store& store, const Image& image, const fs::path& directory, const std::string& tag) {
    if (auto made = sys::make_directories(directory); !made) return made;
    // Held until the end: builds into one layout run one after the other, and each reads what the one before has left.
    auto lock = sys::FileLock::acquire_folder(directory);
    if (!lock) return lock.error();
    LayoutWriter writer(store, directory);
    const json::object entry = index_entry(image, tag);
    auto others = others_in(directory, image, entry, tag, writer);
    if (!others) return others.error();
    if (!*others) return writer.remember();
    json::array& manifests = **others;
    manifests.emplace_back(entry);

    if (auto made = sys::make_directories(directory / "blobs" / "sha256"); !made) return made;
    for (const Digest& digest : blobs_of(image))
        if (auto placed = writer.place(digest); !placed) return placed;
    if (auto written = sys::write_file_atomic(directory / layout_file, layout_text); !written) return written;
    if (auto written = sys::write_file_atomic(directory / "index.json", index_of(manifests)); !written) return written;
    remove_unnamed(directory, manifests);
    return writer.remember();
}

}  // namespace tmplbuild::oci
