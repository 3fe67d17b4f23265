// SPDX-License-Identifier: Apache-2.0
// git as a fetcher of exact commits: one bare repository a URL in the store, filled once, read offline after. The
// user's own git configuration says how a URL is reached (insteadOf, credentials, CA). Never keeps a branch or a tag.
#pragma once

#include <filesystem>
#include <string>

#include "resolve/context.hpp"
#include "resolve/lock.hpp"

namespace tmplbuild {

// The commit and, when asked for, what its submodules name, fetched unless the store has them. A commit that the
// repository does not have: a usage error.
Result<LockedGit> resolve_git(const std::string& url, const std::string& rev, bool submodules, ResolveContext& context);
bool has_commit(const Store& store, const std::string& url, const std::string& rev);
// The commit's files into the empty folder `to`: modes 0644 and 0755, links as links, no .git. Offline: the commit
// must be in the store. The machine's and the user's git settings do not change what is written.
Result<void> checkout_git(const std::string& url, const std::string& rev, bool submodules,
                          const std::filesystem::path& to, ResolveContext& context);
// One file of a commit in the store.
Result<std::string> read_git_file(const std::string& url, const std::string& rev, const std::string& path,
                                  ResolveContext& context);

}  // namespace tmplbuild
