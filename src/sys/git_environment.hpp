// SPDX-License-Identifier: Apache-2.0
// The environments that git runs in. Where commits come from is the business of who fetches them (mirrors, proxies,
// credentials, certificates); what their bytes are is nobody's but the commit's. Used wherever the builder or a pod's
// kernel job starts git. Never changes this process's own environment.
#pragma once

#include <map>
#include <string>

namespace tmplbuild {

using GitEnvironment = std::map<std::string, std::string>;  // a whole one: nothing is inherited beside it

GitEnvironment whole_environment();  // this process's own

// Of `own` each takes what it needs.
// For reading: no setting, attribute, hook or replacement of the machine or the user, no variable of a repository that
// the caller happens to be called from (gitattributes(5), git-config(1), git(1)).
GitEnvironment git_reading_environment(const GitEnvironment& own = whole_environment());

enum class GitUrlFrom { builder, repository };  // who named the address that is fetched from
// For fetching: the caller's settings, without the variables that name a repository, a work tree or an index. What a
// repository named is fetched under the rule of `git clone --recurse-submodules`: protocol.allow's "user" is no
// (git-config(1), GIT_PROTOCOL_FROM_USER).
GitEnvironment git_fetching_environment(GitUrlFrom from, GitEnvironment own = whole_environment());

}  // namespace tmplbuild
