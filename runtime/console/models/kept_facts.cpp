// SPDX-License-Identifier: Apache-2.0
#include "console/models/kept_facts.hpp"

#include <array>

#include "base/grammar.hpp"
#include "base/json.hpp"

namespace tmplbuild::console {

namespace {

using catalogue::ModelKind;

constexpr std::size_t most_facts = 20'000;
constexpr std::array all_kinds = {ModelKind::unknown,     ModelKind::checkpoint, ModelKind::diffusion_model,
                                  ModelKind::lora,        ModelKind::vae,        ModelKind::text_encoder,
                                  ModelKind::clip_vision, ModelKind::controlnet};

std::optional<ModelKind> kind_named(std::string_view name) {
    for (const ModelKind kind : all_kinds)
        if (catalogue::to_string(kind) == name) return kind;
    return std::nullopt;
}

}  // namespace

FileIdentity FileIdentity::of(const struct stat& info) {
    return {static_cast<std::uint64_t>(info.st_size), static_cast<std::uint64_t>(info.st_ino),
            std::int64_t{info.st_mtim.tv_sec} * 1'000'000'000 + info.st_mtim.tv_nsec};
}

KeptFacts KeptFacts::parse(std::string_view text) {
    KeptFacts out;
    const auto parsed = json::parse(text, "the kept facts");
    const json::value* list = parsed && parsed->is_object() ? parsed->get_object().if_contains("files") : nullptr;
    if (list == nullptr || !list->is_array()) return out;
    for (const json::value& one : list->get_array()) {
        const json::object* file = one.if_object();
        if (file == nullptr || out.facts_.size() >= most_facts) continue;
        Facts facts;
        facts.identity = {static_cast<std::uint64_t>(json::int_or(*file, "size", 0)),
                          static_cast<std::uint64_t>(json::int_or(*file, "inode", 0)),
                          json::int_or(*file, "changed_ns", 0)};
        facts.sha256 = json::string_or(*file, "sha256", "");
        if (!is_hex(facts.sha256, 64)) facts.sha256.clear();
        facts.url = json::string_or(*file, "url", "");
        facts.kind = kind_named(json::string_or(*file, "kind", ""));
        const std::string path = json::string_or(*file, "path", "");
        if (path.starts_with('/')) out.facts_[path] = facts;
    }
    return out;
}

std::string KeptFacts::to_text() const {
    json::array files;
    for (const auto& [path, facts] : facts_) {
        json::object file{{"path", path},
                          {"size", static_cast<std::int64_t>(facts.identity.size)},
                          {"inode", static_cast<std::int64_t>(facts.identity.inode)},
                          {"changed_ns", facts.identity.changed_ns}};
        if (!facts.sha256.empty()) file["sha256"] = facts.sha256;
        if (!facts.url.empty()) file["url"] = facts.url;
        if (facts.kind) file["kind"] = catalogue::to_string(*facts.kind);
        files.emplace_back(std::move(file));
    }
    return json::compact(json::object{{"files", std::move(files)}}) + "\n";
}

const KeptFacts::Facts* KeptFacts::find(const std::string& path, const FileIdentity& identity) const {
    const auto found = facts_.find(path);
    return found != facts_.end() && found->second.identity == identity ? &found->second : nullptr;
}

KeptFacts::Facts& KeptFacts::at(const std::string& path, const FileIdentity& identity) {
    if (facts_.size() >= most_facts && !facts_.contains(path)) facts_.erase(facts_.begin());
    Facts& facts = facts_[path];
    if (facts.identity != identity) facts = {identity, {}, {}, {}};
    return facts;
}

void KeptFacts::set_digest(const std::string& path, const FileIdentity& identity, const std::string& sha256) {
    at(path, identity).sha256 = sha256;
}

void KeptFacts::set_url(const std::string& path, const FileIdentity& identity, const std::string& url) {
    at(path, identity).url = url;
}

void KeptFacts::set_kind(const std::string& path, const FileIdentity& identity, ModelKind kind) {
    at(path, identity).kind = kind;
}

void KeptFacts::merge(const KeptFacts& other) {
    for (const auto& [path, facts] : other.facts_) {
        const auto known = facts_.find(path);
        if (known == facts_.end()) {
            at(path, facts.identity) = facts;
        } else if (known->second.identity == facts.identity) {
            if (known->second.sha256.empty()) known->second.sha256 = facts.sha256;
            if (known->second.url.empty()) known->second.url = facts.url;
            if (!known->second.kind) known->second.kind = facts.kind;
        }
    }
}

}  // namespace tmplbuild::console
