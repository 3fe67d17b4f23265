// SPDX-License-Identifier: Apache-2.0
// A dotted version of up to three numbers: CUDA 13.0, driver 550.54.14, GLIBC_2.2.5, GLIBCXX_3.4.30. Used by the kernel
// room's rules, by templates and by the launcher. Never a package version: those have their own rules.
#pragma once

#include <compare>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace tmplbuild::kernel {

struct Version {
    int major = 0;
    int minor = 0;
    int patch = 0;

    // One to three numbers of at most six digits with dots between ("13", "13.0", "550.54.14"); a usage error
    // otherwise.
    static Result<Version> parse(std::string_view text);
    // The number that cuDriverGetVersion returns: 13020 is 13.2.
    static Version from_cuda_number(int number) { return {number / 1000, number % 1000 / 10, 0}; }
    std::string to_string() const;  // "13.0", "550.54.14": the patch only where it is not 0
    bool is_set() const { return *this != Version(); }
    // NOLINTNEXTLINE(modernize-use-nullptr): clang-tidy 14 takes the comparison's own 0 for a pointer.
    auto operator<=>(const Version&) const = default;
};

}  // namespace tmplbuild::kernel
