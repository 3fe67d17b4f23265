// SPDX-License-Identifier: Apache-2.0
#include "kernel/version.hpp"

#include <array>
#include <charconv>

#include "base/text.hpp"

namespace tmplbuild::kernel {

Result<Version> Version::parse(std::string_view text) {
    const Error wrong = usage_error("'" + std::string(text) + "' is not a version", "write it like 13.0");
    const auto parts = split(text, '.');
    if (parts.size() > 3) return wrong;
    std::array<int, 3> numbers{};
    for (std::size_t i = 0; i < parts.size(); ++i) {
        const std::string& part = parts[i];
        const auto [end, code] = std::from_chars(part.data(), part.data() + part.size(), numbers[i]);
        const bool digits =
            !part.empty() && part.size() <= 6 && part.find_first_not_of("0123456789") == std::string::npos;
        if (!digits || code != std::errc() || end != part.data() + part.size()) return wrong;
    }
    return Version{numbers[0], numbers[1], numbers[2]};
}

std::string Version::to_string() const {
    return std::to_string(major) + "." + std::to_string(minor) + (patch == 0 ? "" : "." + std::to_string(patch));
}

}  // namespace tmplbuild::kernel
