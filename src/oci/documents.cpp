// SPDX-License-Identifier: Apache-2.0
#include "oci/documents.hpp"

#include <algorithm>
#include <set>

#include "base/json.hpp"
#include "base/text.hpp"
#include "oci/layout_file.hpp"
#include "store/built_layer.hpp"

namespace tmplbuild::oci {

namespace {

constexpr std::string_view oci_config = "application/vnd.oci.image.config.v1+json";
constexpr std::string_view wanted_platform = "linux/amd64";

Error bad(const std::string& name, std::string_view why, std::string hint = {}) {
    return build_error("'" + name + "' " + std::string(why), std::move(hint));
}

// The object in the text. A document that can be read in two ways is refused: one with keys of the other kind of
// document (`foreign`), with another type than the announced one, or with keys that Go's JSON reader, which ignores
// case, would take for ours.
Result<json::object> open_document(std::string_view text, std::string_view media_type, const std::string& name,
                                   const std::set<std::string>& foreign) {
    if (text.size() > document_limit) return bad(name, "is larger than " + human_bytes(document_limit));
    auto document = json::parse(text, name);
    if (!document) return document.error();
    if (!document->is_object()) return bad(name, "is not a JSON object");
    json::object& o = document->get_object();
    static const std::set<std::string> known = {"schemaVersion", "mediaType", "config", "layers", "manifests"};
    for (const auto& item : o) {
        const std::string key(item.key());
        if (foreign.contains(key))
            return bad(name, "is a manifest and an index at once ('" + key + "'): tools would read it differently");
        const auto twin = std::find_if(known.begin(), known.end(), [&](const std::string& ours) {
            return key != ours && to_lower(key) == to_lower(ours);
        });
        if (twin != known.end())
            return bad(name, "has the key '" + key + "', which some tools take for '" + *twin + "'");
    }
    if (json::int_or(o, "schemaVersion", 0) != 2) return bad(name, "does not have \"schemaVersion\": 2");
    if (const json::value* type = o.if_contains("mediaType"); type != nullptr && *type != json::value(media_type))
        return bad(name, "says that it is " + json::canonical(*type) + ", and was announced as '" +
                             std::string(media_type) + "'");
    return std::move(o);
}

std::string platform_of(const json::object& o) {
    const json::value* platform = o.if_contains("platform");
    if (platform == nullptr || !platform->is_object()) return {};
    const json::object& p = platform->get_object();
    std::string out = json::string_or(p, "os", "?") + "/" + json::string_or(p, "architecture", "?");
    const std::string variant = json::string_or(p, "variant", "");
    // GOAMD64's first level runs on every such machine.
    const bool plain = variant.empty() || (out == wanted_platform && variant == "v1");
    return plain ? out : out + "/" + variant;
}

Result<Descriptor> parse_descriptor(const json::value& value, const std::string& name) {
    if (!value.is_object()) return bad(name, "has a descriptor that is no object");
    const json::object& o = value.get_object();
    auto type = json::get_string(o, "mediaType");
    if (!type) return bad(name, "has a descriptor without a media type");
    auto digest = Digest::parse(json::string_or(o, "digest", ""));
    if (!digest) return bad(name, "has a descriptor without a sha256 digest: " + digest.error().message);
    auto size = json::get_int(o, "size");
    if (!size || *size < 0) return bad(name, "has a descriptor without a size");
    const json::value* urls = o.if_contains("urls");
    if (urls != nullptr && !(urls->is_array() && urls->get_array().empty()))
        return bad(name, "names content by a URL of its own",
                   "such layers are not taken: tmplbuild fetches only from "
                   "where you told it to");
    Descriptor out{*type, *digest, static_cast<std::uint64_t>(*size), platform_of(o), "", o.contains("artifactType")};
    if (const json::value* notes = o.if_contains("annotations"); notes != nullptr && notes->is_object()) {
        out.tag = json::string_or(notes->get_object(), ref_name, "");
        // Attestations of BuildKit: docs/attestations/attestation-storage.md.
        out.is_note = out.is_note || notes->get_object().contains("vnd.docker.reference.type");
    }
    out.is_note = out.is_note || out.platform == "unknown/unknown";
    return out;
}

Result<std::vector<std::string>> texts(const json::object& o, const char* key, const std::string& name) {
    std::vector<std::string> out;
    const json::value* list = o.if_contains(key);
    if (list == nullptr || list->is_null()) return out;
    if (!list->is_array()) return bad(name, std::string("has a '") + key + "' that is no list");
    for (const json::value& item : list->get_array()) {
        out.emplace_back(item.is_string() ? std::string(item.get_string()) : std::string(1, '\0'));
        if (out.back().find('\0') != std::string::npos)
            return bad(name, std::string("has a '") + key + "' with something else than text in it");
    }
    return out;
}

// A set as config.md writes it: an object whose values mean nothing.
std::vector<std::string> keys_of(const json::object& o, const char* key) {
    std::vector<std::string> out;
    if (const json::value* set = o.if_contains(key); set != nullptr && set->is_object())
        for (const auto& item : set->get_object()) out.emplace_back(item.key());
    std::sort(out.begin(), out.end());
    return out;
}

// Reads what `docker run` would do with the image.
Result<void> read_run(const json::object& run, const std::string& name, ImageConfig& config) {
    auto environment = texts(run, "Env", name), entrypoint = texts(run, "Entrypoint", name),
         command = texts(run, "Cmd", name);
    for (const auto* list : {&environment, &entrypoint, &command})
        if (!*list) return list->error();
    for (const std::string& variable : *environment) {
        const std::size_t equals = variable.find('=');
        if (equals == 0 || equals == std::string::npos)
            return bad(name, "has the environment variable '" + variable + "', which is no NAME=VALUE");
        config.environment[variable.substr(0, equals)] = variable.substr(equals + 1);
    }
    config.entrypoint = std::move(*entrypoint);
    config.command = std::move(*command);
    config.user = json::string_or(run, "User", "");
    config.directory = json::string_or(run, "WorkingDir", "");
    config.stop_signal = json::string_or(run, "StopSignal", "");
    config.exposed_ports = keys_of(run, "ExposedPorts");
    config.volumes = keys_of(run, "Volumes");
    const json::value* health = run.if_contains("Healthcheck");
    config.has_health_check = health != nullptr && health->is_object() && !health->get_object().empty();
    const json::value* on_build = run.if_contains("OnBuild");
    config.has_on_build = on_build != nullptr && on_build->is_array() && !on_build->get_array().empty();
    if ((config.user + config.directory).find('\0') != std::string::npos)
        return bad(name, "has a user or folder with a NUL byte");
    if (const json::value* labels = run.if_contains("Labels"); labels != nullptr && labels->is_object())
        for (const auto& label : labels->get_object())
            if (label.value().is_string()) config.labels[std::string(label.key())] = label.value().get_string();
    return {};
}

// One text for each layer: entries without a layer are marked as such.
std::vector<std::string> read_history(const json::object& o, std::size_t layers) {
    std::vector<std::string> out;
    if (auto history = json::get_array(o, "history"))
        for (const json::value& item : **history)
            if (item.is_object() && !json::bool_or(item.get_object(), "empty_layer", false))
                out.push_back(json::string_or(item.get_object(), "created_by", ""));
    // A history of another length cannot be matched to the layers.
    if (out.size() != layers) out.assign(layers, "");
    return out;
}

}  // namespace

bool is_index(std::string_view media_type) { return media_type == index_type || media_type == docker_list_type; }
bool is_manifest(std::string_view media_type) {
    return media_type == manifest_type || media_type == docker_manifest_type;
}

Result<std::vector<Descriptor>> parse_index(std::string_view text, std::string_view media_type,
                                            const std::string& name) {
    auto document = open_document(text, media_type, name, {"config", "layers", "fsLayers"});
    if (!document) return document.error();
    auto list = json::get_array(*document, "manifests");
    if (!list) return bad(name, "is not an OCI image index");
    std::vector<Descriptor> out;
    for (const json::value& item : **list) {
        auto descriptor = parse_descriptor(item, name);
        if (!descriptor) return descriptor.error();
        out.push_back(std::move(*descriptor));
    }
    return out;
}

Result<Manifest> parse_manifest(std::string_view text, std::string_view media_type, const std::string& name) {
    auto document = open_document(text, media_type, name, {"manifests", "fsLayers"});
    if (!document) return document.error();
    auto config = json::get_object(*document, "config");
    auto layers = json::get_array(*document, "layers");
    if (!config || !layers) return bad(name, "is not an image manifest");
    Manifest out;
    auto descriptor = parse_descriptor(**config, name);
    if (!descriptor) return descriptor.error();
    if (descriptor->media_type != oci_config && descriptor->media_type != docker_config_type)
        return bad(name, "is not a container image: its configuration is of the type '" + descriptor->media_type + "'");
    out.config = std::move(*descriptor);
    for (const json::value& item : **layers) {
        auto layer = parse_descriptor(item, name);
        if (!layer) return layer.error();
        if (auto known = compression_of(layer->media_type); !known) return known.error();
        out.layers.push_back(std::move(*layer));
    }
    return out;
}

Result<Artifact> parse_artifact(std::string_view text, std::string_view media_type, const std::string& name) {
    if (media_type != manifest_type) return bad(name, "is of the type '" + std::string(media_type) + "'");
    auto document = open_document(text, media_type, name, {"manifests", "fsLayers"});
    if (!document) return document.error();
    auto config = json::get_object(*document, "config");
    auto layers = json::get_array(*document, "layers");
    if (!config || !layers) return bad(name, "is not a manifest");
    auto descriptor = parse_descriptor(**config, name);
    if (!descriptor) return descriptor.error();
    Artifact out{json::string_or(*document, "artifactType", ""), std::move(*descriptor), {}, {}};
    for (const json::value& item : **layers) {
        auto blob = parse_descriptor(item, name);
        if (!blob) return blob.error();
        out.blobs.push_back(std::move(*blob));
    }
    const json::value* notes = document->if_contains("annotations");
    if (notes != nullptr && notes->is_object())
        for (const auto& note : notes->get_object())
            if (note.value().is_string()) out.annotations[std::string(note.key())] = note.value().get_string();
    return out;
}

Result<ImageConfig> parse_config(std::string_view text, const std::string& name) {
    if (text.size() > document_limit) return bad(name, "is larger than " + human_bytes(document_limit));
    auto document = json::parse(text, name);
    if (!document) return document.error();
    if (!document->is_object()) return bad(name, "is not a JSON object");
    const json::object& o = document->get_object();
    const std::string platform = json::string_or(o, "os", "?") + "/" + json::string_or(o, "architecture", "?");
    if (platform != wanted_platform)
        return bad(name, "is the configuration of an image for " + platform, "tmplbuild makes linux/amd64 images only");
    auto rootfs = json::get_object(o, "rootfs");
    if (!rootfs || json::string_or(**rootfs, "type", "") != "layers")
        return bad(name, "does not list its layers (rootfs)");
    auto diff_ids = texts(**rootfs, "diff_ids", name);
    if (!diff_ids) return diff_ids.error();
    ImageConfig config;
    for (const std::string& id : *diff_ids) {
        auto digest = Digest::parse(id);
        if (!digest) return bad(name, "has a bad diff ID: " + digest.error().message);
        config.diff_ids.push_back(*digest);
    }
    config.history = read_history(o, config.diff_ids.size());
    if (auto run = json::get_object(o, "config"))
        if (auto read = read_run(**run, name, config); !read) return read.error();
    return config;
}

Error layers_differ(const std::string& config_name, std::size_t listed, std::size_t there) {
    return bad(config_name, "lists " + std::to_string(listed) + " layers, and the image has " + std::to_string(there));
}

// Where several entries match, only those of the wanted kind are kept, if there are any.
template <class Wanted>
static void narrow(std::vector<Descriptor>& meant, Wanted wanted) {
    if (meant.size() > 1 && std::any_of(meant.begin(), meant.end(), wanted))
        std::erase_if(meant, [&](const Descriptor& entry) { return !wanted(entry); });
}

static bool is_image(const Descriptor& entry) {
    return !entry.is_note && (is_index(entry.media_type) || is_manifest(entry.media_type));
}

// Images under different names are several images, whatever their platforms; one image may also have several names.
static bool have_several_names(const std::vector<Descriptor>& meant) {
    std::set<std::string> tags;
    std::set<Digest> digests;
    for (const Descriptor& entry : meant) {
        tags.insert(entry.tag);
        digests.insert(entry.digest);
    }
    return tags.size() > 1 && digests.size() > 1;
}

Result<Descriptor> choose(const std::vector<Descriptor>& entries, const std::string& tag, const std::string& name) {
    std::vector<Descriptor> meant;
    std::set<std::string> tags, platforms;
    for (const Descriptor& entry : entries) {
        if (!entry.tag.empty()) tags.insert(entry.tag);
        if (tag.empty() || entry.tag == tag) meant.push_back(entry);
    }
    const std::string has = tags.empty() ? "" : "it has: " + join({tags.begin(), tags.end()}, ", ");
    // The user must say which image is meant.
    const auto unclear = [&](const std::string& what, const std::string& hint) {
        Error error = bad(name, what, hint);
        error.kind = ErrorKind::usage;
        return error;
    };
    if (meant.empty() && !tag.empty()) return unclear("has no image '" + tag + "'", has);
    if (meant.empty()) return bad(name, "has no image", has);
    narrow(meant, is_image);
    const Error several = unclear("has several images", has.empty() ? "name one by its tag" : has);
    if (have_several_names(meant)) return several;
    narrow(meant, [](const Descriptor& entry) { return entry.platform == wanted_platform; });
    narrow(meant, [](const Descriptor& entry) { return entry.platform.empty(); });
    std::set<Digest> seen;
    std::erase_if(meant, [&](const Descriptor& entry) { return !seen.insert(entry.digest).second; });
    for (const Descriptor& entry : meant) platforms.insert(entry.platform);
    const bool foreign = !platforms.contains("") && !platforms.contains(std::string(wanted_platform));
    if (meant.size() > 1 && !foreign) return several;
    if (foreign)
        return bad(name,
                   "has no image for " + std::string(wanted_platform) + ", only for " +
                       join({platforms.begin(), platforms.end()}, ", "),
                   "tmplbuild makes linux/amd64 images only");
    return meant[0];
}

}  // namespace tmplbuild::oci
