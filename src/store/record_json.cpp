// SPDX-License-Identifier: Apache-2.0
#include "store/record_json.hpp"

namespace tmplbuild {

json::object record_json(const Record& record) {
    json::array layers;
    for (const BuiltLayer& layer : record.layers) layers.push_back(layer.to_json());
    json::object out{{"step", record.step},
                     {"key", record.key.to_json()},
                     {"layers", std::move(layers)},
                     {"facts", record.facts},
                     {"milliseconds", static_cast<std::int64_t>(record.seconds * 1000)},
                     {"peak_memory", record.peak_memory}};
    if (record.basis) out["basis"] = record.basis->to_string();
    if (!record.signers.empty()) out["signers"] = json::array(record.signers.begin(), record.signers.end());
    if (!record.from.cache.empty())
        out["from"] = json::object{{"cache", record.from.cache}, {"signed_by", record.from.signed_by}};
    return out;
}

Result<Record> parse_record(const json::object& o) {
    auto key = json::get_array(o, "key");
    auto layers = json::get_array(o, "layers");
    auto facts = json::get_object(o, "facts");
    if (!key) return key.error();
    if (!layers) return layers.error();
    if (!facts) return facts.error();
    auto inputs = CanonicalKey::from_json(**key);
    if (!inputs) return inputs.error();
    Record record{json::string_or(o, "step", ""), std::move(*inputs), {}, **facts, 0, 0, {}};
    for (const json::value& item : **layers) {
        if (!item.is_object()) return build_error("a layer is no object");
        auto layer = BuiltLayer::from_json(item.get_object());
        if (!layer) return layer.error();
        record.layers.push_back(std::move(*layer));
    }
    record.seconds = static_cast<double>(json::int_or(o, "milliseconds", 0)) / 1000;
    record.peak_memory = static_cast<std::uint64_t>(json::int_or(o, "peak_memory", 0));
    if (const std::string basis = json::string_or(o, "basis", ""); !basis.empty()) {
        auto digest = Digest::parse(basis);
        if (!digest) return digest.error();
        record.basis = *digest;
    }
    if (const json::value* signers = o.if_contains("signers"); signers != nullptr && signers->is_array())
        for (const json::value& signer : signers->get_array())
            record.signers.insert(signer.is_string() ? std::string(signer.get_string()) : std::string());
    if (const json::value* from = o.if_contains("from"); from != nullptr && from->is_object())
        record.from = {json::string_or(from->get_object(), "cache", ""),
                       json::string_or(from->get_object(), "signed_by", "")};
    return record;
}

}  // namespace tmplbuild
