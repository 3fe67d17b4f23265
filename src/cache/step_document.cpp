// SPDX-License-Identifier: Apache-2.0
#include "cache/step_document.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "oci/image.hpp"
#include "store/record_json.hpp"

namespace tmplbuild::cache {

namespace {

constexpr std::uint64_t layer_limit = 256ULL << 30;  // bytes of one layer, compressed and as a tar
constexpr std::size_t longest_kind = 64;
constexpr const char* empty_type = "application/vnd.oci.empty.v1+json";
constexpr std::string_view empty_content = "{}";

Error wrong(const std::string& name, const std::string& what) { return network_error("'" + name + "' " + what); }

// A side file's kind is the name of a folder in the store.
bool is_kind(std::string_view text) {
    return !text.empty() && text.size() <= longest_kind && text.front() != '-' &&
           text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string_view::npos;
}

// In the order in which the artifact lists them. A manifest without any layer is refused by some registries.
std::vector<oci::Descriptor> blobs_of(const StepDocument& document) {
    std::vector<oci::Descriptor> out;
    for (const BuiltLayer& layer : document.record.layers) out.push_back(descriptor_of(layer));
    for (const SideBlob& side : document.side) out.push_back({side_type, side.digest, side.size, "", "", false});
    if (out.empty()) out.push_back({empty_type, Sha256::of(empty_content), empty_content.size(), "", "", false});
    return out;
}

json::object descriptor_json(const oci::Descriptor& blob) {
    return {{"mediaType", blob.media_type}, {"digest", blob.digest.to_string()}, {"size", blob.size}};
}

Result<SideBlob> parse_side(const json::value& value, const Record& record, const std::string& name) {
    if (!value.is_object()) return wrong(name, "has a side file that is no object");
    const json::object& o = value.get_object();
    const auto layer = Digest::parse(json::string_or(o, "layer", ""));
    const auto digest = Digest::parse(json::string_or(o, "digest", ""));
    const std::int64_t size = json::int_or(o, "size", -1);
    const std::string kind = json::string_or(o, "kind", "");
    if (!layer || !digest || !is_kind(kind)) return wrong(name, "has a side file without layer, digest or kind");
    if (size < 0 || static_cast<std::uint64_t>(size) > side_limit)
        return wrong(name, "has a side file of " + std::to_string(size) + " bytes");
    if (std::none_of(record.layers.begin(), record.layers.end(),
                     [&](const BuiltLayer& one) { return one.digest == *layer; }))
        return wrong(name, "has a side file of a layer that is not its own");
    return SideBlob{*layer, kind, *digest, static_cast<std::uint64_t>(size)};
}

Result<void> check_record(const Record& record, const Digest& key, const std::string& name) {
    if (record.key.digest() != key)
        return wrong(name, "holds a step with the key " + record.key.digest().to_string() + ", and is named by " +
                               key.to_string());
    if (record.layers.size() > oci::max_layers)
        return wrong(name, "has " + std::to_string(record.layers.size()) + " layers");
    for (const BuiltLayer& layer : record.layers)
        if (layer.size > layer_limit || layer.tar_size > layer_limit)
            return wrong(name, "has a layer of " + human_bytes(std::max(layer.size, layer.tar_size)));
    return {};
}

bool is_same(const oci::Descriptor& a, const oci::Descriptor& b) {
    return a.media_type == b.media_type && a.digest == b.digest && a.size == b.size;
}

}  // namespace

std::string text_to_sign(const Digest& key, const Digest& document) {
    return "tmplbuild step of a cache, form 1\n" + key.to_string() + "\n" + document.to_string() + "\n";
}

oci::Descriptor descriptor_of(const BuiltLayer& layer) {
    return {layer_media_type(layer.compression), layer.digest, layer.size, "", "", false};
}

std::string tag_of(const Digest& key) { return "step-" + key.hex(); }

std::string document_text(const StepDocument& document) {
    json::array side;
    for (const SideBlob& one : document.side)
        side.push_back(json::object{{"layer", one.layer.to_string()},
                                    {"kind", one.kind},
                                    {"digest", one.digest.to_string()},
                                    {"size", one.size}});
    Record record = document.record;
    record.from = {};
    record.signers.clear();
    return json::canonical(json::object{{"record", record_json(record)}, {"side", std::move(side)}});
}

std::string manifest_text(const StepDocument& document, const std::map<std::string, std::string>& annotations) {
    const std::string config = document_text(document);
    json::array layers;
    for (const oci::Descriptor& blob : blobs_of(document)) layers.push_back(descriptor_json(blob));
    json::object notes;
    for (const auto& [name, value] : annotations) notes[name] = value;
    return json::canonical(
        json::object{{"schemaVersion", 2},
                     {"mediaType", oci::manifest_type},
                     {"artifactType", artifact_type},
                     {"config", descriptor_json({document_type, Sha256::of(config), config.size(), "", "", false})},
                     {"layers", std::move(layers)},
                     {"annotations", std::move(notes)}});
}

Result<oci::Artifact> parse_manifest(std::string_view text, std::string_view media_type, const std::string& name) {
    auto artifact = oci::parse_artifact(text, media_type, name);
    if (!artifact) {
        Error error = artifact.error();
        error.kind = ErrorKind::network;
        return error;
    }
    if (artifact->type != artifact_type || artifact->config.media_type != document_type)
        return wrong(name, "is no step of a cache: it is of the type '" + artifact->type + "', its configuration of '" +
                               artifact->config.media_type + "'");
    if (artifact->config.size > document_limit)
        return wrong(name, "has a document of " + human_bytes(artifact->config.size));
    for (const oci::Descriptor& blob : artifact->blobs)
        if (blob.media_type != side_type && blob.media_type != empty_type && !compression_of(blob.media_type))
            return wrong(name, "has a blob of the type '" + blob.media_type + "'");
    return artifact;
}

Result<StepDocument> parse_document(std::string_view text, const Digest& key, const oci::Artifact& artifact,
                                    const std::string& name) {
    auto parsed = json::parse(text, name);
    if (!parsed || !parsed->is_object()) return wrong(name, "has a document that is no JSON object");
    const json::object& o = parsed->get_object();
    auto inner = json::get_object(o, "record");
    auto record = inner ? parse_record(**inner) : Result<Record>(inner.error());
    if (!record) return wrong(name, "holds no step: " + record.error().message);
    if (auto good = check_record(*record, key, name); !good) return good.error();
    record->from = {};
    record->signers.clear();
    StepDocument out{std::move(*record), {}};
    auto side = json::get_array(o, "side");
    if (!side) return wrong(name, "does not list its side files");
    for (const json::value& item : **side) {
        auto one = parse_side(item, out.record, name);
        if (!one) return one.error();
        out.side.push_back(std::move(*one));
    }
    const std::vector<oci::Descriptor> named = blobs_of(out);
    if (!std::equal(named.begin(), named.end(), artifact.blobs.begin(), artifact.blobs.end(), is_same))
        return wrong(name, "names other blobs in its manifest than in its document");
    return out;
}

}  // namespace tmplbuild::cache
