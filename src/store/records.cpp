// SPDX-License-Identifier: Apache-2.0
// The store's records and side files: what a key led to.
#include <sys/stat.h>

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
    const json::object& o = document->get_object();
    auto key = json::get_array(o, "key");
    auto layers = json::get_array(o, "layers");
    auto facts = json::get_object(o, "facts");
    if (!key || !layers || !facts) return std::nullopt;
    auto inputs = CanonicalKey::from_json(**key);
    if (!inputs) return std::nullopt;
    Record record{json::string_or(o, "step", ""), std::move(*inputs), {}, **facts, 0, 0};
    for (const json::value& item : **layers) {
        if (!item.is_object()) return std::nullopt;
        auto layer = BuiltLayer::from_json(item.get_object());
        if (!layer) return std::nullopt;
        record.layers.push_back(std::move(*layer));
    }
    record.seconds = static_cast<double>(json::int_or(o, "milliseconds", 0)) / 1000;
    record.peak_memory = static_cast<std::uint64_t>(json::int_or(o, "peak_memory", 0));
    return record;
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
    json::array layers;
    for (const BuiltLayer& layer : record.layers) layers.push_back(layer.to_json());
    const json::object document{{"step", record.step},
                                {"key", record.key.to_json()},
                                {"layers", std::move(layers)},
                                {"facts", record.facts},
                                {"milliseconds", static_cast<std::int64_t>(record.seconds * 1000)},
                                {"peak_memory", record.peak_memory}};
    const Digest key = record.key.digest();
    if (auto written = sys::write_file_atomic(record_path(root_, key), json::pretty(document)); !written)
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
