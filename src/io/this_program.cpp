// SPDX-License-Identifier: Apache-2.0
#include "io/this_program.hpp"

#include <sys/auxv.h>

#include <charconv>
#include <cstdint>
#include <fstream>

namespace tmplbuild::io {

namespace fs = std::filesystem;

// The kernel writes a line's end in a file's name as "\012", and nothing else in another way (proc(5)).
static std::string without_escapes(std::string name) {
    for (std::size_t at = 0; (at = name.find("\\012", at)) != std::string::npos; ++at) name.replace(at, 4, "\n");
    return name;
}

fs::path this_program() {
    const auto here = reinterpret_cast<std::uintptr_t>(&this_program);
    std::ifstream maps("/proc/self/maps");
    // "55d0c0de2000-55d0c0e37000 r-xp 00002000 fd:00 1835018   /opt/tmplbuild/lib/tmplbuild"
    for (std::string line; std::getline(maps, line);) {
        std::uintptr_t first = 0, end = 0;
        const char* const last = line.data() + line.size();
        const auto dash = std::from_chars(line.data(), last, first, 16);
        if (dash.ptr == last || std::from_chars(dash.ptr + 1, last, end, 16).ec != std::errc{}) continue;
        if (here < first || here >= end) continue;
        const std::size_t name = line.find('/');
        if (name == std::string::npos) break;
        return without_escapes(line.substr(name));
    }
    // A root without /proc: what was started, which in a release is the loader, in the same folder.
    const char* const started = reinterpret_cast<const char*>(::getauxval(AT_EXECFN));
    std::error_code failed;
    return started == nullptr ? fs::path() : fs::canonical(started, failed);
}

fs::path shared_file(const std::string& name) {
    return (this_program().parent_path() / "../share/tmplbuild" / name).lexically_normal();
}

}  // namespace tmplbuild::io
