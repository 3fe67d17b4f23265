// SPDX-License-Identifier: Apache-2.0
#include "supervisor/read_text.hpp"

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <span>

#include "sys/fd.hpp"

namespace tmplbuild::launch {

Result<std::string> read_text(const std::string& file, std::size_t limit) {
    const auto fd = sys::open_fd(file, O_RDONLY);
    if (!fd) return fd.error();
    std::string text;
    std::array<char, 16384> part{};
    for (std::size_t got = part.size(); got == part.size() && text.size() < limit;) {
        const auto room = std::min(part.size(), limit - text.size());
        const auto read = sys::read_full(fd->get(), std::as_writable_bytes(std::span(part).first(room)), file);
        if (!read) return read.error();
        got = *read;
        text.append(part.data(), got);
    }
    return text;
}

}  // namespace tmplbuild::launch
