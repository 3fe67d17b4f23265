// SPDX-License-Identifier: Apache-2.0
// A text with one part of it changed: for tests that vary a template. The test fails where the part is not there.
#pragma once

#include <string>

#include "support/catch.hpp"

namespace tmplbuild {

inline std::string replaced(std::string text, const std::string& from, const std::string& to) {
    const std::size_t at = text.find(from);
    REQUIRE(at != std::string::npos);
    return text.replace(at, from.size(), to);
}

}  // namespace tmplbuild
