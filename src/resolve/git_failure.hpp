// SPDX-License-Identifier: Apache-2.0
// What git's own words mean for the one who asked it to fetch: its exit code is 128 for everything. Used by
// git_repository.cpp, and the one place that looks at those words. Pure.
#pragma once

#include <string_view>

#include "base/error.hpp"

namespace tmplbuild {

enum class GitFailure {
    not_allowed,  // the user's own settings refuse the transport
    unreachable,  // everything else that git says of a fetch: a name, a host, a login, a repository that is not there
};
GitFailure read_git_failure(std::string_view said);

// `failed`: of a fetch, with git's words as its detail. Interruptions and failures of this machine stay as they are.
Error explain_git_fetch(Error failed);

}  // namespace tmplbuild
