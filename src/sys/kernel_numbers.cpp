// SPDX-License-Identifier: Apache-2.0
#include "sys/kernel_numbers.hpp"

#include <algorithm>
#include <charconv>
#include <vector>

#include "base/text.hpp"
#include "sys/file.hpp"

namespace tmplbuild::sys {

namespace fs = std::filesystem;

static constexpr std::size_t longest = 1 << 16;

static std::optional<std::uint64_t> number_of(std::string_view text) {
    std::uint64_t value = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
    if (read.ec != std::errc()) return std::nullopt;
    const bool in_kilobytes = trim(std::string_view(read.ptr, text.data() + text.size())) == "kB";
    return in_kilobytes ? value * 1024 : value;
}

std::optional<std::uint64_t> number_in(const fs::path& file) {
    const auto text = read_beginning(file, 4096);
    return text ? number_of(trim(*text)) : std::nullopt;
}

std::optional<std::uint64_t> number_in(const fs::path& file, std::string_view key) {
    const auto text = read_beginning(file, longest);
    if (!text) return std::nullopt;
    for (const std::string& line : split(*text, '\n'))
        if (line.size() > key.size() && line.starts_with(key) && (line[key.size()] == ' ' || line[key.size()] == ':'))
            return number_of(trim(std::string_view(line).substr(key.size() + 1)));
    return std::nullopt;
}

// /proc/self/cgroup: "0::/path" for version 2, "N:controllers:/path" for version 1.
std::string own_cgroup(const fs::path& proc, std::string_view controller) {
    const auto text = read_beginning(proc / "self/cgroup", longest);
    if (!text) return {};
    for (const std::string& line : split(*text, '\n')) {
        const std::size_t first = line.find(':'), second = line.find(':', first + 1);
        if (first == std::string::npos || second == std::string::npos) continue;
        const std::vector<std::string> controllers = split(line.substr(first + 1, second - first - 1), ',');
        if (std::find(controllers.begin(), controllers.end(), controller) != controllers.end())
            return line.substr(second + 1);
    }
    return {};
}

std::optional<std::uint64_t> memory_kills(const fs::path& folder) {
    const auto kills = number_in(folder / "memory.events", "oom_kill");
    return kills ? kills : number_in(folder / "memory.oom_control", "oom_kill");
}

std::optional<std::uint64_t> memory_kills_of_container(const fs::path& cgroups) {
    const auto kills = memory_kills(cgroups);
    return kills ? kills : memory_kills(cgroups / "memory");
}

}  // namespace tmplbuild::sys
