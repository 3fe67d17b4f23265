// SPDX-License-Identifier: Apache-2.0
// git as a fetcher of exact commits: one bare repository for each URL in the store, filled once, read offline after.
// The user's own git configuration decides how a URL is reached (insteadOf, proxy, credentials, CA), and never what the
// bytes are. Submodules are taken as by `git clone --recurse-submodules`. Never keeps a branch or a tag. Used by the
// engine and by resolutions.
#pragma once

#include <filesystem>
#include <string>

#include "resolve/context.hpp"
#include "resolve/git_request.hpp"
#include "resolve/lock.hpp"

namespace tmplbuild {

// What can be done about LFS pointers where the key `lfs` can be written: by `git` layers and sources of kernels.
inline constexpr const char* lfs_key_hint =
    "with lfs = \"pointers\" they stay pointers; a `fetch` layer brings a file itself";
// Fetches the commit and, when requested, its submodules, unless the store has them. Usage errors: a commit that the
// repository does not have, and files that are LFS pointers, with `lfs_hint`.
Result<void> fetch_git(const GitRequest& asked, ResolveContext& context, const std::string& lfs_hint = lfs_key_hint);
// The same; returns what the lock keeps of the commit. Reports which submodules are left out.
Result<LockedGit> resolve_git(const GitRequest& asked, ResolveContext& context);
// The commit to which a branch or a tag of the repository points now; "HEAD" is its default branch; 40 hex digits are a
// commit themselves. A name that the repository does not have is a usage error.
Result<std::string> find_commit(const std::string& url, const std::string& name, ResolveContext& context);
// Whether the store has the commit. For planning, which fetches nothing.
bool has_commit(const std::string& url, const std::string& rev, ResolveContext& context);
// Writes the commit's files into the empty folder `to`: modes 0644 and 0755, links as links, no .git. Offline: the
// commit must be in the store. The commit's own .gitattributes apply; settings of the machine and the user do not.
Result<void> checkout_git(const GitRequest& asked, const std::filesystem::path& to, ResolveContext& context);
// One file of a commit in the store; links are followed inside the commit.
Result<std::string> read_git_file(const std::string& url, const std::string& rev, const std::string& path,
                                  ResolveContext& context);

}  // namespace tmplbuild
