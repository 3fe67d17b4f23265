// SPDX-License-Identifier: Apache-2.0
#include "console/models/downloaded.hpp"

#include <sys/stat.h>

#include "base/grammar.hpp"
#include "base/json.hpp"
#include "sys/kept_folder.hpp"

namespace tmplbuild::console {

namespace {

constexpr std::uint64_t longest_record = 8 << 20;
constexpr std::int64_t ns_in_ms = 1'000'000;

std::string path_of_item(const json::object& item, const ModelPlaces& places) {
    const std::string folder = json::string_or(item, "folder", "");
    return (json::string_or(item, "root", "") == "volume" ? places.volume : places.models) +
           (folder.empty() ? "" : "/" + folder) + "/" + json::string_or(item, "name", "");
}

void learn_from(const json::object& item, const ModelPlaces& places, KeptFacts& facts) {
    if (json::string_or(item, "state", "") != "done" || json::string_or(item, "name", "").empty()) return;
    const std::string path = path_of_item(item, places);
    struct stat info {};
    if (::lstat(path.c_str(), &info) != 0 || !S_ISREG(info.st_mode)) return;
    const FileIdentity identity = FileIdentity::of(info);
    const bool is_whole = json::int_or(item, "size", -1) == info.st_size;
    const bool is_unchanged = identity.changed_ns / ns_in_ms <= json::int_or(item, "finished", 0);
    if (!is_whole || !is_unchanged) return;
    if (const std::string digest = json::string_or(item, "sha256", ""); is_hex(digest, 64))
        facts.set_digest(path, identity, digest);
    facts.set_url(path, identity, json::string_or(item, "url", ""));
}

}  // namespace

void learn_from_downloads(const ModelPlaces& places, KeptFacts& facts) {
    struct stat info {};
    if (::stat((places.volume + "/.tmplbuild/downloads/queue.json").c_str(), &info) != 0) return;
    const auto folder = sys::KeptFolder::open(places.volume, {".tmplbuild", "downloads"});
    const auto text =
        folder ? folder->read("queue.json", longest_record) : Result<std::optional<std::string>>(folder.error());
    if (!text || !*text) return;
    const auto record = json::parse(**text, "the record of downloads");
    const json::value* items = record && record->is_object() ? record->get_object().if_contains("items") : nullptr;
    if (items == nullptr || !items->is_array()) return;
    for (const json::value& item : items->get_array())
        if (item.is_object()) learn_from(item.get_object(), places, facts);
}

}  // namespace tmplbuild::console
