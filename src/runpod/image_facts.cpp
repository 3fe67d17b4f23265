// SPDX-License-Identifier: Apache-2.0
#include "runpod/image_facts.hpp"

#include <algorithm>

#include "base/json.hpp"
#include "runpod/platform.hpp"
#include "sys/file.hpp"

namespace tmplbuild::runpod {

namespace {

constexpr std::uint64_t block = 4096;
constexpr std::uint64_t pod_limit = 64 << 20;  // bytes
// Raised whenever the facts of the same layer would change.
const std::string facts_kind = "runpod-layer-1";

// Of one layer.
struct LayerFacts {
    std::uint64_t unpacked = 0;
    std::string large_owner{}, on_mount_path{};
    std::optional<std::string> pod_json{};

    std::string to_text() const {
        return json::canonical(
            json::object{{"unpacked", unpacked}, {"large_owner", large_owner}, {"on_mount_path", on_mount_path}});
    }
    static Result<LayerFacts> parse(std::string_view text) {
        const auto document = json::parse(text, "the facts of a layer");
        if (!document || !document->is_object()) return build_error("no facts");
        const json::object& o = document->get_object();
        const auto unpacked = json::get_int(o, "unpacked");
        const auto owner = json::get_string(o, "large_owner"), path = json::get_string(o, "on_mount_path");
        if (!unpacked || !owner || !path || *unpacked < 0) return build_error("no facts");
        return LayerFacts{static_cast<std::uint64_t>(*unpacked), *owner, *path, {}};
    }
};

// A deletion counts as nothing on the disk of a host that unpacks layers one over the other.
bool is_whiteout(const std::string& path) { return path.substr(path.rfind('/') + 1).starts_with(".wh."); }

Result<void> take(LayerFacts& facts, const io::ArchiveEntry& entry, io::ArchiveReader& content) {
    using Type = io::ArchiveEntry::Type;
    if (is_whiteout(entry.path)) return {};
    const std::uint64_t size = entry.type == Type::file ? entry.size : 0;
    if (entry.type != Type::hardlink) facts.unpacked += std::max((size + block - 1) / block, std::uint64_t{1}) * block;
    if (facts.large_owner.empty() && (entry.uid > highest_owner || entry.gid > highest_owner))
        facts.large_owner = "/" + entry.path;
    const bool is_below = entry.path.starts_with(std::string(mount_path).substr(1) + "/");
    if (facts.on_mount_path.empty() && is_below && entry.type != Type::directory)
        facts.on_mount_path = "/" + entry.path;
    if ("/" + entry.path != pod::pod_spec_path || entry.type != Type::file) return {};
    if (entry.size > pod_limit) return build_error("the image's pod.json is larger than it can be");
    std::string text(entry.size, '\0');
    std::size_t have = 0;
    while (have < text.size()) {
        const auto got = content.read(std::as_writable_bytes(std::span(text).subspan(have)));
        if (!got) return got.error();
        if (*got == 0) return build_error("the image's pod.json is cut");
        have += *got;
    }
    facts.pod_json = std::move(text);
    return {};
}

Result<LayerFacts> read_layer_facts(const oci::ImageSource& image, std::size_t layer, const std::stop_token& stop) {
    auto reader = image.open_layer(layer);
    if (!reader) return reader.error();
    LayerFacts facts;
    auto read = reader->each_entry([&](const io::ArchiveEntry& entry, io::ArchiveReader& content) -> Result<void> {
        if (stop.stop_requested()) return Error{.kind = ErrorKind::interrupted, .message = "stopped"};
        return take(facts, entry, content);
    });
    if (!read) return read.error();
    return facts;
}

// A layer with pod.json is small, and is read each time.
Result<LayerFacts> facts_of(const oci::ImageSource& image, std::size_t i, const Store* store,
                            const std::stop_token& stop) {
    const Digest& digest = image.layers()[i].digest;
    if (store != nullptr)
        if (const auto text = sys::read_file(store->side_file(facts_kind, digest)))
            if (auto kept = LayerFacts::parse(*text)) return kept;
    auto facts = read_layer_facts(image, i, stop);
    // Where it cannot be kept, only the next run takes longer.
    if (facts && store != nullptr && !facts->pod_json) (void)store->put_side_file(facts_kind, digest, facts->to_text());
    return facts;
}

}  // namespace

Result<ImageFacts> read_image_facts(const oci::ImageSource& image, const Store* store, const std::stop_token& stop) {
    ImageFacts out;
    std::optional<std::string> pod_json;
    for (std::size_t i = 0; i < image.layers().size(); ++i) {
        auto facts = facts_of(image, i, store, stop);
        if (!facts) return facts.error();
        out.unpacked += facts->unpacked;
        if (out.large_owner.empty()) out.large_owner = facts->large_owner;
        if (out.on_mount_path.empty()) out.on_mount_path = facts->on_mount_path;
        if (facts->pod_json) pod_json = std::move(facts->pod_json);
    }
    if (pod_json) {
        auto spec = pod::read_pod_spec(*pod_json);
        if (!spec) return spec.error();
        out.spec = std::move(*spec);
        out.has_pod_spec = true;
    }
    const std::string listed = image.has_annotations() ? image.annotation(oci::on_hosts_annotation) : "";
    out.pull = oci::forecast_pull(image.layers(), oci::layers_in_list(listed));
    out.entrypoint = image.config().entrypoint;
    out.environment = image.config().environment;
    out.user = image.config().user;
    return out;
}

}  // namespace tmplbuild::runpod
