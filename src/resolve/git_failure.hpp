// SPDX-License-Identifier: Apache-2.0
// What git's messages about a fetch mean for the user, since its exit code is 128 for everything. Used by
// git_repository.cpp. No other file judges those messages. Pure.
#pragma once

#include <string_view>

#include "base/error.hpp"

namespace tmplbuild {

enum class GitFailure {
    not_allowed,  // the user's own settings forbid the transport
    unreachable,  // any other failure of a fetch: a name, a host, a login, a repository that does not exist
};
GitFailure read_git_failure(std::string_view said);

// `failed` is a fetch's error, with git's output as its detail. Interruptions and failures of this machine stay
// unchanged.
Error explain_git_fetch(Error failed);

}  // namespace tmplbuild
