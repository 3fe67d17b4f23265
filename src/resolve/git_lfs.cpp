// SPDX-License-Identifier: Apache-2.0
#include "resolve/git_lfs.hpp"

#include <charconv>
#include <string>

#include "base/text.hpp"

namespace tmplbuild {

std::optional<std::uint64_t> lfs_pointer_size(std::string_view text) {
    // The first line is the version; the others are "key value", sorted by key.
    if (text.size() > largest_lfs_pointer || !text.starts_with("version https://git-lfs.github.com/spec/")) return {};
    bool named = false;
    std::optional<std::uint64_t> size;
    for (const std::string& line : split(text, '\n')) {
        named = named || line.starts_with("oid sha256:");
        std::uint64_t value = 0;
        if (line.starts_with("size ") &&
            std::from_chars(line.data() + 5, line.data() + line.size(), value).ec == std::errc())
            size = value;
    }
    return named ? size : std::nullopt;
}

}  // namespace tmplbuild
