// SPDX-License-Identifier: Apache-2.0
#include "engine/pod/image_user.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <vector>

#include "base/text.hpp"

namespace tmplbuild {

namespace {

constexpr std::uint64_t users_limit = 4 << 20;  // bytes of one of the two files

// Ids as Docker accepts them: they fit into 31 bits.
std::optional<std::uint32_t> id_of(std::string_view text) {
    std::int32_t value = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (failed != std::errc() || end != text.data() + text.size() || text.empty() || value < 0) return std::nullopt;
    return static_cast<std::uint32_t>(value);
}

// The fields of the lines of passwd(5) or group(5) that have a name and an id, which are the first and third field in
// both.
std::vector<std::vector<std::string>> entries_of(std::string_view file, std::size_t fields) {
    std::vector<std::vector<std::string>> out;
    for (const std::string& line : split(file, '\n')) {
        std::vector<std::string> parts = split(line, ':');
        parts.resize(std::max(parts.size(), fields));
        if (!parts[0].empty() && id_of(parts[2])) out.push_back(std::move(parts));
    }
    return out;
}

// The first entry whose id is the wanted number, else the first with that name: a number is never taken for a name.
const std::vector<std::string>* entry_for(const std::vector<std::vector<std::string>>& all, const std::string& wanted) {
    const auto number = id_of(wanted);
    const auto found = std::find_if(all.begin(), all.end(), [&](const auto& entry) {
        return number ? id_of(entry[2]) == number : entry[0] == wanted;
    });
    return found == all.end() ? nullptr : &*found;
}

Error not_there(const std::string& what, const std::string& name, const std::string& file) {
    return build_error("the image starts as the " + what + " '" + name + "', which is not in its " + file,
                       "make it with a `run` layer, or write another `user` under [image]");
}

}  // namespace

Result<ProcessUser> find_user(std::string_view user, std::string_view passwd, std::string_view group) {
    const std::size_t colon = user.find(':');
    const std::string name(user.substr(0, colon));
    const std::string wanted_group(colon == std::string_view::npos ? "" : user.substr(colon + 1));
    const auto users = entries_of(passwd, 4), groups = entries_of(group, 4);
    ProcessUser out;
    const auto* entry = entry_for(users, name.empty() ? "0" : name);
    if (entry != nullptr) {
        out.uid = *id_of((*entry)[2]);
        out.gid = id_of((*entry)[3]).value_or(0);
    } else if (const auto number = id_of(name)) {
        out.uid = *number;
    } else if (!name.empty()) {
        return not_there("user", name, "/etc/passwd");
    }
    if (!wanted_group.empty()) {
        const auto* given = entry_for(groups, wanted_group);
        const auto id = given != nullptr ? id_of((*given)[2]) : id_of(wanted_group);
        if (!id) return not_there("group", wanted_group, "/etc/group");
        out.gid = *id;
    }
    // The process's own group is also a supplementary one, so that giving it up needs a right that only root has
    // (CVE-2022-36109).
    out.groups.push_back(out.gid);
    // With an explicit group, the process gets no other groups.
    if (!wanted_group.empty() || entry == nullptr) return out;
    for (const auto& one : groups) {
        const std::vector<std::string> members = split(one[3], ',');
        const std::uint32_t id = *id_of(one[2]);
        if (std::find(members.begin(), members.end(), (*entry)[0]) != members.end() &&
            std::find(out.groups.begin(), out.groups.end(), id) == out.groups.end())
            out.groups.push_back(id);
    }
    return out;
}

Result<ProcessUser> find_user_in(const sys::Beneath& root, std::string_view user) {
    std::string texts[2];
    const char* const files[2] = {"/etc/passwd", "/etc/group"};
    for (std::size_t i = 0; i < 2; ++i) {
        const auto there = root.status(files[i]);
        if (!there) return there.error();
        if (!*there) continue;
        auto text = root.read_file(files[i], users_limit);
        if (!text) return text.error();
        texts[i] = std::move(*text);
    }
    return find_user(user, texts[0], texts[1]);
}

}  // namespace tmplbuild
