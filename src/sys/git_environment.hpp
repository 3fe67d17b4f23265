// SPDX-License-Identifier: Apache-2.0
// The environments in which git runs. How commits are fetched (mirrors, proxies, credentials, certificates) is up to
// the caller's settings; what bytes a commit has must not depend on them. Used wherever the builder or a pod's kernel
// job starts git. Never changes this process's own environment.
#pragma once

#include <map>
#include <string>

namespace tmplbuild {

using GitEnvironment = std::map<std::string, std::string>;  // a complete environment: git inherits nothing beside it

GitEnvironment whole_environment();  // this process's own

// Both take what they need out of `own`.
// For reading a repository: no setting, attribute, hook or replacement of the machine or the user, and no variable of a
// repository in which the caller happens to run (gitattributes(5), git-config(1), git(1)).
GitEnvironment git_reading_environment(const GitEnvironment& own = whole_environment());

enum class GitUrlFrom { builder, repository };  // who named the address that git fetches from
// For fetching: the caller's settings, without the variables that name a repository, a work tree or an index. An
// address that a repository named is fetched under the rule of `git clone --recurse-submodules`: a protocol that
// protocol.allow permits to the "user" only is refused (git-config(1), GIT_PROTOCOL_FROM_USER).
GitEnvironment git_fetching_environment(GitUrlFrom from, GitEnvironment own = whole_environment());

}  // namespace tmplbuild
