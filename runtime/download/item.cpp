// SPDX-License-Identifier: Apache-2.0
#include "download/item.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/percent.hpp"
#include "base/text.hpp"

namespace tmplbuild::download {

namespace {

constexpr std::array<std::pair<ItemState, std::string_view>, 8> state_names{{
    {ItemState::waiting, "waiting"},
    {ItemState::running, "running"},
    {ItemState::verifying, "verifying"},
    {ItemState::paused, "paused"},
    {ItemState::stalled, "stalled"},
    {ItemState::done, "done"},
    {ItemState::failed, "failed"},
    {ItemState::cancelled, "cancelled"},
}};

constexpr std::size_t longest_text = 8 << 10;  // of one field of a record

json::value optional_number(const std::optional<std::uint64_t>& number) {
    return number ? json::value(*number) : json::value();
}

std::optional<std::uint64_t> number_in(const json::object& object, std::string_view key) {
    const json::value* value = object.if_contains(key);
    if (value == nullptr || !value->is_number()) return std::nullopt;
    boost::system::error_code wrong;
    const auto number = value->to_number<std::uint64_t>(wrong);
    return wrong ? std::nullopt : std::optional(number);
}

}  // namespace

std::string_view to_string(ItemState state) {
    for (const auto& [known, name] : state_names)
        if (known == state) return name;
    return {};
}

std::optional<ItemState> parse_item_state(std::string_view text) {
    for (const auto& [state, name] : state_names)
        if (name == text) return state;
    return std::nullopt;
}

std::string shown_url(std::string_view url) {
    std::string out(url.substr(0, url.find_first_of("?#")));
    const std::size_t scheme = out.find("://"), begin = scheme == std::string::npos ? 0 : scheme + 3;
    const std::size_t end = std::min(out.find('/', begin), out.size());
    const std::size_t at = out.rfind('@', end);
    if (at != std::string::npos && at >= begin && at < end) out.erase(begin, at + 1 - begin);
    return out;
}

std::string host_of(std::string_view url) {
    const std::string shown = shown_url(url);
    const std::size_t scheme = shown.find("://"), begin = scheme == std::string::npos ? 0 : scheme + 3;
    return to_lower(std::string_view(shown).substr(begin, shown.find('/', begin) - begin));
}

bool is_good_name(std::string_view name) {
    if (name.empty() || name.size() > 200 || name.front() == '.' || name.ends_with(".tmplbuild-part")) return false;
    for (const char c : name)
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f || c == '/' || c == '\\') return false;
    return true;
}

std::string name_in(std::string_view url) {
    const std::string shown = shown_url(url);
    const std::size_t scheme = shown.find("://"), slash = shown.rfind('/');
    if (slash == std::string::npos || (scheme != std::string::npos && slash < scheme + 3)) return {};
    std::string name = decode_percent(std::string_view(shown).substr(slash + 1)).text;
    return is_good_name(name) ? name : "";
}

bool is_same_file(const Item& one, const Item& other) {
    if (!(one.to == other.to)) return false;
    return one.name.empty() || other.name.empty() ? one.url == other.url : one.name == other.name;
}

json::object to_record(const Item& item) {
    json::object out{{"id", item.id},
                     {"url", item.url},
                     {"name", item.name},
                     {"root", item.to.root == Root::models ? "models" : "volume"},
                     {"folder", item.to.folder},
                     {"asked", item.asked},
                     {"sha256", item.sha256},
                     {"size", optional_number(item.size)},
                     {"wanted_size", optional_number(item.wanted_size)},
                     {"set", item.set},
                     {"state", to_string(item.state)},
                     {"reason", item.reason},
                     {"hint", item.hint}};
    out["part"] = item.part;
    out["guard"] = json::object{{"commit", item.guard.commit},
                                {"tag", item.guard.tag},
                                {"size", optional_number(item.guard.size)},
                                {"boot", item.guard.boot}};
    out["done_bytes"] = item.done_bytes;
    out["added"] = item.added;
    out["finished"] = item.finished;
    out["not_before"] = item.not_before;
    out["tries"] = item.tries;
    return out;
}

Result<Item> from_record(const json::value& value) {
    const json::object* object = value.if_object();
    if (object == nullptr) return build_error("a download in the record is no object");
    Item item;
    const std::array<std::pair<const char*, std::string*>, 9> texts{{{"id", &item.id},
                                                                     {"url", &item.url},
                                                                     {"name", &item.name},
                                                                     {"folder", &item.to.folder},
                                                                     {"asked", &item.asked},
                                                                     {"sha256", &item.sha256},
                                                                     {"set", &item.set},
                                                                     {"reason", &item.reason},
                                                                     {"hint", &item.hint}}};
    for (const auto& [key, into] : texts) {
        auto text = json::get_string(*object, key);
        if (!text) return text.error();
        if (text->size() > longest_text) return build_error(std::string("the record's ") + key + " is too long");
        *into = std::move(*text);
    }
    item.to.root = json::string_or(*object, "root", "") == "volume" ? Root::volume : Root::models;
    const auto state = parse_item_state(json::string_or(*object, "state", ""));
    if (!state) return build_error("the record has a download without a state");
    item.state = *state;
    item.part = json::string_or(*object, "part", "");
    if (const auto guard = json::get_object(*object, "guard")) {
        item.guard.commit = json::string_or(**guard, "commit", "");
        item.guard.tag = json::string_or(**guard, "tag", "");
        item.guard.size = number_in(**guard, "size");
        item.guard.boot = json::string_or(**guard, "boot", "");
    }
    item.size = number_in(*object, "size");
    item.wanted_size = number_in(*object, "wanted_size");
    item.done_bytes = number_in(*object, "done_bytes").value_or(0);
    item.added = json::int_or(*object, "added", 0);
    item.finished = json::int_or(*object, "finished", 0);
    item.not_before = json::int_or(*object, "not_before", 0);
    item.tries = static_cast<int>(std::clamp<std::int64_t>(json::int_or(*object, "tries", 0), 0, 1000));
    if (item.id.empty() || item.id.size() > 64) return build_error("the record has a download without an id");
    if (!item.part.empty() && (item.part.front() == '.' || item.part.find('/') != std::string::npos))
        return build_error("the record names a partial file that cannot be one of ours");
    return item;
}

json::object to_view(const Item& item, const std::string& folder) {
    std::string path = folder + (item.to.folder.empty() ? "" : "/" + item.to.folder);
    if (!item.name.empty()) path += "/" + item.name;
    json::value left;
    if (item.speed != 0 && item.size && *item.size >= item.done_bytes && item.state == ItemState::running)
        left = (*item.size - item.done_bytes) / item.speed;
    json::object out{{"id", item.id},
                     {"url", shown_url(item.url)},
                     {"host", host_of(item.url)},
                     {"name", item.name},
                     {"directory", item.asked},
                     {"path", std::move(path)},
                     {"size", optional_number(item.size ? item.size : item.wanted_size)},
                     {"done_bytes", item.done_bytes},
                     {"speed", item.speed},
                     {"seconds_left", std::move(left)},
                     {"state", to_string(item.state)},
                     {"reason", item.reason},
                     {"hint", item.hint}};
    out["set"] = item.set;
    out["sha256"] = item.sha256;
    out["added"] = item.added;
    out["finished"] = item.finished;
    out["tries"] = item.tries;
    return out;
}

}  // namespace tmplbuild::download
