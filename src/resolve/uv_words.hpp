// SPDX-License-Identifier: Apache-2.0
// What uv's own words mean: it ends with 1 or 2 for everything that it cannot resolve. Used by uv.cpp, and the one
// place that looks at those words. Pure; the words are those of uv 0.13.9, under LC_ALL=C.UTF-8 and without colours.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace tmplbuild {

// uv's Python ends with this status whenever it is started for more than uv's own look at it.
inline constexpr int inert_status = 41;

enum class UvFailure {
    no_login,        // an index wants a user and a password
    no_solution,     // the requirements contradict each other, or no index has them
    no_requirement,  // a line is none
    repository,      // a dependency names a repository, which uv may not fetch
    unreachable,     // an index or a file did not come
    other,
};
UvFailure read_uv_failure(std::string_view said);

// Name and version of the sdist that uv would have built to learn what it is; none where it ended for another reason.
std::optional<std::pair<std::string, std::string>> read_failed_build(std::string_view said);

// "uv 0.8.3 (…)": whether that is one whose answers are understood here, 0.8 or newer.
bool is_new_enough_uv(std::string_view said);

}  // namespace tmplbuild
