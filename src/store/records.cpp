// SPDX-License-Identifier: Apache-2.0
// The store's records and side files: what a key led to.
#include <sys/stat.h>

#include "store/record_json.hpp"
#include "store/store.hpp"

namespace tmplbuild {

namespace fs = std::filesystem;

static fs::path record_path(const fs::path& root, const Digest& key) {
    return root / "records" / (key.hex() + ".json");
}

// A step's id may hold '/' and anything else, so its digest names the folder that lists the step's keys.
static fs::path step_folder(const fs::path& root, const std::string& step) {
    return root / "records" / "steps" / Sha256::of(step).hex();
}

static std::optional<Record> read_record(const fs::path& file) {
    auto text = sys::read_file(file);
    if (!text) return std::nullopt;
    auto document = json::parse(*text, file);
    if (!document || !document->is_object()) return std::nullopt;
    auto record = parse_record(document->get_object());
    return record ? std::optional(std::move(*record)) : std::nullopt;
}

std::optional<Record> Store::find_record(const Digest& key) const {
    auto record = read_record(record_path(root_, key));
    if (!record || record->key.digest() != key) return std::nullopt;
    for (const BuiltLayer& layer : record->layers) {
        const auto size = blob_size(layer.digest);
        if (!size || *size != layer.size) return std::nullopt;
    }
    return record;
}

Result<void> Store::put_record(const Record& record) const {
    const Digest key = record.key.digest();
    if (auto written = sys::write_file_atomic(record_path(root_, key), json::pretty(record_json(record))); !written)
        return written.error();
    // An empty file, which tells `explain` that the step had this key once.
    return sys::write_file_atomic(step_folder(root_, record.step) / key.hex(), "");
}

std::optional<Record> Store::nearest_record(const std::string& step, const CanonicalKey& key) const {
    std::optional<Record> best;
    std::size_t fewest = 0;
    // Among equals the smaller name wins, so that the answer does not depend on the disk's order.
    std::string best_name;
    std::error_code failed;
    for (const auto& entry : fs::directory_iterator(step_folder(root_, step), failed)) {
        const std::string name = entry.path().filename();
        auto digest = Digest::parse_hex(name);
        if (!digest || *digest == key.digest()) continue;
        auto record = read_record(record_path(root_, *digest));
        if (!record) continue;
        const std::size_t differing = key.differences(record->key);
        if (best && (differing > fewest || (differing == fewest && name > best_name))) continue;
        best = std::move(record);
        fewest = differing;
        best_name = name;
    }
    return best;
}

std::optional<json::value> Store::find_index(const std::string& kind, const Digest& digest) const {
    const fs::path file = root_ / "index" / kind / (digest.hex() + ".json");
    auto text = sys::read_file(file);
    if (!text) return std::nullopt;
    auto document = json::parse(*text, file);
    if (!document) return std::nullopt;
    return std::move(*document);
}

Result<void> Store::put_index(const std::string& kind, const Digest& digest, const json::value& document) const {
    return sys::write_file_atomic(root_ / "index" / kind / (digest.hex() + ".json"), json::canonical(document));
}

std::filesystem::path Store::side_file(const std::string& kind, const Digest& digest) const {
    return root_ / "index" / kind / digest.hex();
}

Result<void> Store::put_side_file(const std::string& kind, const Digest& digest, std::string_view content) const {
    return sys::write_file_atomic(side_file(kind, digest), content);
}

}  // namespace tmplbuild
