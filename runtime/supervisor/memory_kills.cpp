// SPDX-License-Identifier: Apache-2.0
#include "supervisor/memory_kills.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <string_view>

namespace tmplbuild::launch {

MemoryKills::MemoryKills(std::string cgroup) : cgroup_(std::move(cgroup)) {}

// cgroup v2: memory.events; v1: memory/memory.oom_control. Both have a line "oom_kill NUMBER".
std::int64_t MemoryKills::count() const {
    for (const char* file : {"/memory.events", "/memory/memory.oom_control"}) {
        const int fd = ::open((cgroup_ + file).c_str(), O_RDONLY | O_CLOEXEC);
        if (fd < 0) continue;
        std::array<char, 1024> buffer{};
        const ssize_t got = ::read(fd, buffer.data(), buffer.size());
        ::close(fd);
        const std::string_view text(buffer.data(), got > 0 ? static_cast<std::size_t>(got) : 0);
        constexpr std::string_view word = "\noom_kill ";
        const std::size_t at = text.find(word);
        if (at == std::string_view::npos) continue;
        std::int64_t number = 0;
        std::from_chars(text.data() + at + word.size(), text.data() + text.size(), number);
        return number;
    }
    return 0;
}

bool MemoryKills::another_kill() {
    const std::int64_t before = seen_;
    seen_ = count();
    return seen_ > before;
}

}  // namespace tmplbuild::launch
