// SPDX-License-Identifier: Apache-2.0
#include "supervisor/listeners.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <map>
#include <string>

#include "base/text.hpp"
#include "supervisor/proc_owner.hpp"
#include "sys/fd.hpp"

namespace tmplbuild::launch {

namespace {

constexpr std::size_t text_limit = 256 * 1024;  // bytes that are read of one file; listening sockets come first in it
constexpr int descriptor_limit = 65'536;        // descriptors that one question examines

constexpr std::string_view listening = "0A";
constexpr std::string_view loopback = "0100007F", any = "00000000";
constexpr std::string_view mapped = "0000000000000000FFFF0000";  // ::ffff:0.0.0.0/96, an IPv4 address in an IPv6 socket
constexpr std::string_view any6 = "00000000000000000000000000000000";

// How specific a listening address is for 127.0.0.1; 0: it does not accept connections to it.
int nearness(std::string_view address) {
    if (address == loopback || address == std::string(mapped) + std::string(loopback)) return 3;
    if (address == any || address == std::string(mapped) + std::string(any)) return 2;
    return address == any6 ? 1 : 0;
}

void read_lines(std::string_view text, std::uint16_t port, std::map<int, Inodes>& found) {
    for (const std::string& line : split(std::string(text), '\n')) {
        // Columns: "  sl  local_address rem_address   st tx_queue:rx_queue tr:tm->when retrnsmt uid timeout inode …"
        std::vector<std::string> words;
        for (std::string& word : split(line, ' '))
            if (!word.empty()) words.push_back(std::move(word));
        if (words.size() < 10 || words[3] != listening) continue;
        const std::string& local = words[1];
        const std::size_t colon = std::min(local.find(':'), local.size());
        unsigned number = 0;
        std::uint64_t inode = 0;
        std::from_chars(local.data() + std::min(colon + 1, local.size()), local.data() + local.size(), number, 16);
        std::from_chars(words[9].data(), words[9].data() + words[9].size(), inode);
        const int near = nearness(std::string_view(local).substr(0, colon));
        if (number == port && near > 0 && inode != 0) found[near].push_back(inode);
    }
}

// The lines up to the last listening socket; none where the file cannot be read.
std::optional<std::string> read_head(const char* path) {
    const sys::Fd file(::open(path, O_RDONLY | O_CLOEXEC));
    if (!file) return std::nullopt;
    std::string text;
    std::array<char, 16384> part{};
    for (ssize_t got = 0; text.size() < text_limit && (got = ::read(file.get(), part.data(), part.size())) > 0;) {
        text.append(part.data(), static_cast<std::size_t>(got));
        const std::size_t last = text.rfind('\n', text.size() - 2);
        if (last != std::string::npos && last > 0 && text.find(" 0A ", last) == std::string::npos) break;
    }
    return text;
}

// Links of /proc/PID/fd are "socket:[12345]" for sockets (proc(5)).
bool names_socket(std::string_view link, const Inodes& inodes) {
    constexpr std::string_view start = "socket:[";
    std::uint64_t inode = 0;
    if (!link.starts_with(start)) return false;
    std::from_chars(link.data() + start.size(), link.data() + link.size(), inode);
    return std::find(inodes.begin(), inodes.end(), inode) != inodes.end();
}

Holds holds_any(pid_t pid, const Inodes& inodes, int& left) {
    const std::string path = "/proc/" + std::to_string(pid) + "/fd";
    const AsOwner owner(pid);
    DIR* folder = ::opendir(path.c_str());
    if (folder == nullptr) return errno == ENOENT ? Holds::no : Holds::unknown;  // ENOENT: the process has ended
    Holds out = Holds::no;
    while (const dirent* entry = ::readdir(folder)) {
        if (entry->d_name[0] == '.') continue;
        std::array<char, 64> link{};
        const ssize_t size = ::readlinkat(::dirfd(folder), entry->d_name, link.data(), link.size());
        if (size < 0 && errno == EACCES) out = Holds::unknown;
        if (--left <= 0) out = Holds::unknown;
        if (size > 0 && names_socket({link.data(), static_cast<std::size_t>(size)}, inodes)) out = Holds::yes;
        if (out == Holds::yes || left <= 0) break;
    }
    ::closedir(folder);
    return out;
}

}  // namespace

Inodes parse_listeners(std::string_view tcp, std::string_view tcp6, std::uint16_t port) {
    std::map<int, Inodes> found;
    read_lines(tcp, port, found);
    read_lines(tcp6, port, found);
    return found.empty() ? Inodes() : found.rbegin()->second;
}

std::optional<Inodes> listeners_on(std::uint16_t port) {
    const auto tcp = read_head("/proc/self/net/tcp");
    const auto tcp6 = read_head("/proc/self/net/tcp6");  // the file is missing where IPv6 is off
    if (!tcp) return std::nullopt;
    return parse_listeners(*tcp, tcp6.value_or(""), port);
}

Holds hold_any(const std::vector<pid_t>& processes, const Inodes& inodes) {
    Holds out = Holds::no;
    int left = descriptor_limit;
    for (const pid_t pid : processes) {
        const Holds one = holds_any(pid, inodes, left);
        if (one == Holds::yes) return one;
        if (one == Holds::unknown) out = one;
    }
    return out;
}

}  // namespace tmplbuild::launch
