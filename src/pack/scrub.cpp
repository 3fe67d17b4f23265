// SPDX-License-Identifier: Apache-2.0
#include "pack/scrub.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace tmplbuild {

namespace {

// These folders stay, and their content is left out.
constexpr std::array<std::string_view, 6> empty_folders = {"dev/", "proc/", "sys/", "run/", "tmp/", "var/tmp/"};
constexpr std::array<std::string_view, 2> engine_files = {"etc/resolv.conf", "etc/hostname"};
constexpr std::array<std::string_view, 5> caches = {
    "var/lib/apt/lists/", "var/cache/apt/", "var/cache/ldconfig/", "var/log/apt/", "root/.cache/",
};
// A path that begins with one of these is left out.
constexpr std::array<std::string_view, 1> host_keys = {"etc/ssh/ssh_host_"};
// Files that differ between two installations of the same packages, or that belong to the machine that built.
constexpr std::array<std::string_view, 26> files = {
    "etc/machine-id",
    "var/lib/dbus/machine-id",
    "var/log/alternatives.log",
    "var/log/bootstrap.log",
    "var/log/dpkg.log",
    "var/log/faillog",
    "var/log/lastlog",
    "var/log/btmp",
    "var/log/wtmp",
    "var/cache/debconf/config.dat-old",
    "var/cache/debconf/templates.dat-old",
    "var/lib/dpkg/status-old",
    "var/lib/dpkg/diversions-old",
    "var/lib/dpkg/statoverride-old",
    "var/lib/dpkg/lock",
    "var/lib/dpkg/lock-frontend",
    "var/lib/dpkg/triggers/Lock",
    "var/lib/apt/extended_states",
    "etc/.pwd.lock",
    "etc/passwd-",
    "etc/group-",
    "etc/shadow-",
    "etc/gshadow-",
    "var/lib/systemd/random-seed",
    "etc/apt/sources.list.d/0000tmplbuild.list",
    "var/lib/mmdebstrap",
};

template <class List>
bool begins_with_one(const std::string& path, const List& list) {
    return std::any_of(list.begin(), list.end(), [&](std::string_view begin) { return path.starts_with(begin); });
}

template <class List>
bool is_one(const std::string& path, const List& list) {
    return std::find(list.begin(), list.end(), path) != list.end();
}

}  // namespace

bool is_engines_own(const std::string& path) {
    return begins_with_one(path, empty_folders) || is_one(path, engine_files);
}

bool is_scrubbed(const std::string& path) {
    return is_engines_own(path) || begins_with_one(path, caches) || begins_with_one(path, host_keys) ||
           is_one(path, files);
}

std::vector<std::string> scrub_rules() {
    std::vector<std::string> out;
    const auto add = [&](const auto& list) { out.insert(out.end(), list.begin(), list.end()); };
    add(empty_folders);
    add(engine_files);
    add(caches);
    add(host_keys);
    add(files);
    return out;
}

}  // namespace tmplbuild
