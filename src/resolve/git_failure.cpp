// SPDX-License-Identifier: Apache-2.0
#include "resolve/git_failure.hpp"

namespace tmplbuild {

GitFailure read_git_failure(std::string_view said) {
    // git's transport.c prints "transport 'file' not allowed"; it runs with LC_ALL=C here (git_environment.cpp).
    return said.find("' not allowed") != std::string_view::npos ? GitFailure::not_allowed : GitFailure::unreachable;
}

Error explain_git_fetch(Error failed) {
    switch (read_git_failure(failed.detail)) {
        case GitFailure::not_allowed:
            failed.hint = "git's `protocol.*.allow` settings say what a submodule may be fetched by (git-config(1))";
            break;
        case GitFailure::unreachable:
            if (failed.kind == ErrorKind::build) failed.kind = ErrorKind::network;
            failed.hint = "see whether `git ls-remote URL` works on this machine";
            break;
    }
    return failed;
}

}  // namespace tmplbuild
