// SPDX-License-Identifier: Apache-2.0
// One bare repository of the store: filled from one address, read offline. Its objects are named by hashes, so a file
// read from it is the same whichever server answered and whatever settings the builder's git has. Used by git.cpp.
// Never runs a hook, a filter or a helper that the repository names.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "resolve/context.hpp"
#include "resolve/lock.hpp"
#include "sys/file.hpp"
#include "sys/git_environment.hpp"

namespace tmplbuild {

// One line of `git ls-tree -r`.
struct GitEntry {
    std::string mode, object, path;  // "100644", 40 hex digits, raw bytes
    std::uint64_t size = 0;          // of a blob
    bool is_submodule() const { return mode == "160000"; }
    bool is_file() const { return mode.starts_with("100"); }
};

class GitRepository {
  public:
    // `url` is checked by whoever names it: a template's reader, or submodule_url().
    GitRepository(std::string url, GitUrlFrom from, ResolveContext& context);

    // `rev` is 40 hex digits in all functions.
    bool has(const std::string& rev);  // without fetching anything
    // Fetches nothing that is there already. A commit that the server lacks is a usage error.
    Result<void> fetch(const std::string& rev);
    // The commit to which a branch, a tag or "HEAD" points on the server now. A name that the server lacks is a usage
    // error.
    Result<std::string> commit_of(const std::string& name);
    Result<LockedGit> facts(const std::string& rev);
    Result<std::vector<GitEntry>> entries(const std::string& rev);
    // .gitmodules in the form of `git config --list -z`.
    Result<std::string> gitmodules(const std::string& rev);
    // The text of one file, with links followed inside the commit; none where there is no such file.
    Result<std::optional<std::string>> file(const std::string& rev, const std::string& path);
    // Those of the files that get the attribute filter=lfs from the commit's own .gitattributes.
    Result<std::vector<GitEntry>> with_lfs_filter(const std::string& rev, const std::vector<GitEntry>& files);
    // Contents by object name, in the given order; together at most 64 MiB.
    Result<std::vector<std::string>> blobs(const std::vector<GitEntry>& files);
    // Writes the commit's files below `to`, by the rules of the commit's own .gitattributes alone.
    Result<void> checkout(const std::string& rev, const std::filesystem::path& to);

  private:
    Result<void> make();
    Result<io::ProcessResult> read(std::vector<std::string> arguments, const std::string& what, std::string input = {});
    io::Command fetching() const;
    Result<io::ProcessResult> run_fetch(std::vector<std::string> arguments, const std::string& what);

    std::string url_;
    GitUrlFrom from_;
    std::filesystem::path path_;
    ResolveContext& context_;
    // A git folder of our own without any setting, over the objects of path_: that folder may have been filled by
    // somebody's git templates (info/attributes, grafts).
    std::optional<sys::TempDirectory> reader_;
};

}  // namespace tmplbuild
