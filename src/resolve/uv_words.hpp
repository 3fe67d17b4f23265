// SPDX-License-Identifier: Apache-2.0
// What uv's messages mean, since it ends with 1 or 2 for everything that it cannot resolve. Used by uv.cpp. No other
// file judges those messages. Pure; the messages are those of uv 0.13.9, under LC_ALL=C.UTF-8 and without colours.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace tmplbuild {

// The status with which the Python given to uv ends when it is started for anything but uv's questions about it.
inline constexpr int inert_status = 41;

enum class UvFailure {
    no_login,        // an index wants a user and a password
    no_solution,     // the requirements contradict each other, or no index has them
    no_requirement,  // a line is no requirement
    repository,      // a dependency names a repository, which uv may not fetch
    unreachable,     // an index or a file could not be fetched
    other,
};
UvFailure read_uv_failure(std::string_view said);

// Name and version of the sdist that uv would have built to learn its metadata; none where it ended for another reason.
std::optional<std::pair<std::string, std::string>> read_failed_build(std::string_view said);

// Whether we understand the answers of this uv ("uv 0.8.3 (…)"): it must be 0.8 or newer.
bool is_new_enough_uv(std::string_view said);

}  // namespace tmplbuild
