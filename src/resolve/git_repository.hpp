// SPDX-License-Identifier: Apache-2.0
// One bare repository of the store: filled from one address, read offline. What is in it is named by hashes, so a file
// read from it is the same whichever server answered and whatever the builder's git is set to. Used by git.cpp alone.
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
    // `url` is checked by who names it: a template's reader, or submodule_url().
    GitRepository(std::string url, GitUrlFrom from, ResolveContext& context);

    // `rev`: 40 hex digits everywhere.
    bool has(const std::string& rev);  // without fetching anything
    // Nothing is fetched that is there. A commit that the server lacks: usage error.
    Result<void> fetch(const std::string& rev);
    // What a branch or a tag names on the server now, or "HEAD". One that the server lacks: usage error.
    Result<std::string> commit_of(const std::string& name);
    Result<LockedGit> facts(const std::string& rev);
    Result<std::vector<GitEntry>> entries(const std::string& rev);
    // .gitmodules as `git config --list -z` prints it.
    Result<std::string> gitmodules(const std::string& rev);
    // One file, links followed inside the commit; none where there is no such file.
    Result<std::optional<std::string>> file(const std::string& rev, const std::string& path);
    // Which of these files the commit's own .gitattributes give the attribute filter=lfs.
    Result<std::vector<GitEntry>> with_lfs_filter(const std::string& rev, const std::vector<GitEntry>& files);
    // Contents by object name, in the order asked for; together at most 64 MiB.
    Result<std::vector<std::string>> blobs(const std::vector<GitEntry>& files);
    // The commit's files below `to`, as the commit's own .gitattributes say and nobody else's.
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
    // A git folder of our own with no setting in it, over the objects of path_, which another's templates may have
    // filled (info/attributes, grafts).
    std::optional<sys::TempDirectory> reader_;
};

}  // namespace tmplbuild
