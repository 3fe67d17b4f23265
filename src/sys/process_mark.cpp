// SPDX-License-Identifier: Apache-2.0
#include "sys/process_mark.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <charconv>

#include "base/digest.hpp"
#include "base/text.hpp"
#include "sys/file.hpp"

namespace tmplbuild::sys {

static std::string place_of_pids() {
    const auto boot = read_file("/proc/sys/kernel/random/boot_id", 4096);
    struct stat facts {};
    // the inode tells pid namespaces apart (namespaces(7))
    const bool has_namespace = ::stat("/proc/self/ns/pid", &facts) == 0;
    const std::string text = (boot ? *boot : "") + "/" +
                             (has_namespace ? std::to_string(facts.st_dev) + ":" + std::to_string(facts.st_ino) : "");
    return Sha256::of(text).hex().substr(0, 12);
}

static const std::string& place() {
    static const std::string found = place_of_pids();
    return found;
}

std::string process_mark(pid_t pid) {
    const auto stat = read_file("/proc/" + std::to_string(pid) + "/stat", 4096);
    if (!stat) return {};
    // proc(5): the 22nd field is the start time; the 2nd may hold spaces and ends with the last ')'.
    std::size_t at = stat->rfind(')');
    for (int field = 2; field < 22 && at != std::string::npos; ++field) at = stat->find(' ', at + 1);
    if (at == std::string::npos) return {};
    return place() + "." + std::to_string(pid) + "." + stat->substr(at + 1, stat->find(' ', at + 1) - at - 1);
}

std::string own_mark() { return process_mark(::getpid()); }

Maker maker_of(std::string_view mark) {
    const std::size_t first = mark.find('.');
    pid_t pid = 0;
    if (first == std::string_view::npos || mark.substr(0, first) != place() ||
        std::from_chars(mark.data() + first + 1, mark.data() + mark.size(), pid).ec != std::errc())
        return Maker::elsewhere;
    return process_mark(pid) == mark ? Maker::alive : Maker::dead;
}

}  // namespace tmplbuild::sys
