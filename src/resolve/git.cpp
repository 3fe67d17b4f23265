// SPDX-License-Identifier: Apache-2.0
#include "resolve/git.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <functional>
#include <vector>

#include "base/grammar.hpp"
#include "base/text.hpp"
#include "io/http.hpp"
#include "resolve/git_lfs.hpp"
#include "resolve/git_repository.hpp"
#include "resolve/git_submodules.hpp"

namespace tmplbuild {

namespace fs = std::filesystem;

namespace {

constexpr int deepest_submodule = 10;
constexpr int most_submodules = 1000;
constexpr std::size_t most_named = 5;  // paths that one message names

struct Submodule {
    std::string path, url, rev;
};

std::vector<std::string> submodule_paths(const std::vector<GitEntry>& entries) {
    std::vector<std::string> out;
    for (const GitEntry& entry : entries)
        if (entry.is_submodule()) out.push_back(entry.path);
    return out;
}

Result<std::vector<Submodule>> submodules_of(GitRepository& repository, const std::string& url, const std::string& rev,
                                             const std::vector<GitEntry>& entries) {
    std::vector<Submodule> out;
    for (const GitEntry& entry : entries) {
        if (entry.path == ".gitmodules" && !entry.is_file())
            return build_error("the repository's .gitmodules is no plain file");
        if (!entry.is_submodule()) continue;
        if (auto checked = check_submodule_path(entry.path); !checked) return checked.error();
        out.push_back({entry.path, {}, entry.object});
    }
    if (out.empty()) return out;
    auto listed = repository.gitmodules(rev);
    if (!listed) return listed.error();
    auto urls = read_gitmodules(*listed);
    if (!urls) return urls.error();
    for (Submodule& module : out) {
        const auto found = urls->find(module.path);
        if (found == urls->end()) return build_error("the submodule '" + module.path + "' has no URL in .gitmodules");
        auto whole = submodule_url(found->second, url);
        if (!whole) return std::move(whole.error()).while_doing("reading the submodule '" + module.path + "'");
        module.url = *whole;
    }
    return out;
}

std::string some_of(const std::vector<std::string>& names) {
    const std::size_t shown = std::min(names.size(), most_named);
    std::string out = join({names.begin(), names.begin() + static_cast<std::ptrdiff_t>(shown)}, ", ");
    if (shown < names.size()) out += " and " + std::to_string(names.size() - shown) + " more";
    return out;
}

// A file with the attribute filter=lfs whose content is a pointer, which `git lfs` would replace in a clone.
Result<void> refuse_pointers(GitRepository& repository, const std::string& url, const std::string& rev,
                             const std::vector<GitEntry>& entries, const std::string& hint) {
    bool attributes = false;
    std::vector<GitEntry> small;
    for (const GitEntry& entry : entries) {
        attributes = attributes || entry.path == ".gitattributes" || entry.path.ends_with("/.gitattributes");
        if (entry.is_file() && entry.size <= largest_lfs_pointer) small.push_back(entry);
    }
    if (!attributes) return {};
    auto filtered = repository.with_lfs_filter(rev, small);
    if (!filtered) return filtered.error();
    auto contents = repository.blobs(*filtered);
    if (!contents) return contents.error();
    std::vector<std::string> names;
    std::uint64_t bytes = 0;
    for (std::size_t at = 0; at < contents->size(); ++at) {
        const auto size = lfs_pointer_size((*contents)[at]);
        if (!size) continue;
        names.push_back((*filtered)[at].path);
        bytes += *size;
    }
    if (names.empty()) return {};
    return usage_error("the commit " + rev.substr(0, 12) + " of " + io::printable_url(url) +
                           " has only Git LFS pointers in the place of " + std::to_string(names.size()) +
                           (names.size() == 1 ? " file" : " files") + " (" + human_bytes(bytes) +
                           "): " + some_of(names),
                       hint);
}

using Visit = std::function<Result<void>(GitRepository& repository, const GitRequest& asked,
                                         const std::vector<GitEntry>& entries, const std::string& below)>;

// Handles one commit, then its submodules, depth first.
class Tree {
  public:
    Tree(ResolveContext& context, Visit visit) : context_(context), visit_(std::move(visit)) {}

    Result<void> walk(const GitRequest& asked, GitUrlFrom from, const std::string& below, int depth) {
        if (depth > deepest_submodule || ++seen_ > most_submodules)
            return build_error("submodules lie in each other without an end");
        GitRepository repository(asked.url, from, context_);
        if (auto fetched = repository.fetch(asked.rev); !fetched) return fetched;
        auto entries = repository.entries(asked.rev);
        if (!entries) return entries.error();
        if (auto visited = visit_(repository, asked, *entries, below); !visited) return visited;
        if (!asked.submodules) return {};
        auto modules = submodules_of(repository, asked.url, asked.rev, *entries);
        if (!modules) return modules.error();
        for (const Submodule& module : *modules) {
            const GitRequest inner{module.url, module.rev, true, asked.lfs_pointers};
            const std::string place = below.empty() ? module.path : below + "/" + module.path;
            if (auto done = walk(inner, GitUrlFrom::repository, place, depth + 1); !done)
                return Error(done.error()).while_doing("taking the submodule '" + module.path + "'");
        }
        return {};
    }

  private:
    ResolveContext& context_;
    Visit visit_;
    int seen_ = 0;
};

// git makes an executable file with the builder's umask, which may remove the bit that a layer keeps.
Result<void> mend_modes(const fs::path& to, const std::vector<GitEntry>& entries) {
    for (const GitEntry& entry : entries) {
        if (entry.mode != "100755") continue;
        const fs::path file = to / entry.path;
        struct stat facts {};
        if (::lstat(file.c_str(), &facts) != 0) return os_error("look at", file, errno);
        if (S_ISREG(facts.st_mode) && (facts.st_mode & S_IXUSR) == 0 && ::chmod(file.c_str(), 0755) != 0)
            return os_error("set the mode of", file, errno);
    }
    return {};
}

// Checks that the folder which git made for a submodule is reached without links: a tree may hold a link and a path
// below it.
Result<void> check_place(const fs::path& to, const std::string& below) {
    fs::path place = to;
    for (const std::string& part : split(below, '/')) {
        place /= part;
        struct stat facts {};
        if (::lstat(place.c_str(), &facts) != 0) return os_error("look at", place, errno);
        if (!S_ISDIR(facts.st_mode))
            return build_error("the submodule '" + below + "' would be written through '" + part +
                               "', which is no folder");
    }
    return {};
}

}  // namespace

Result<void> fetch_git(const GitRequest& asked, ResolveContext& context, const std::string& lfs_hint) {
    if (auto made = sys::make_directories(context.store.root() / "git"); !made) return made.error();
    Tree tree(context, [&](GitRepository& repository, const GitRequest& now, const auto& entries, const auto&) {
        return now.lfs_pointers ? Result<void>() : refuse_pointers(repository, now.url, now.rev, entries, lfs_hint);
    });
    return tree.walk(asked, GitUrlFrom::builder, "", 0);
}

Result<LockedGit> resolve_git(const GitRequest& asked, ResolveContext& context) {
    if (auto fetched = fetch_git(asked, context); !fetched) return fetched.error();
    GitRepository repository(asked.url, GitUrlFrom::builder, context);
    if (!asked.submodules) {
        auto entries = repository.entries(asked.rev);
        if (!entries) return entries.error();
        if (const auto left = submodule_paths(*entries); !left.empty())
            context.progress.message(io::printable_url(asked.url) + ": without its submodules (" + some_of(left) +
                                     "), which `submodules = true` brings");
    }
    return repository.facts(asked.rev);
}

Result<void> checkout_git(const GitRequest& asked, const fs::path& to, ResolveContext& context) {
    Tree tree(context,
              [&to](GitRepository& repository, const GitRequest& now, const auto& entries,
                    const std::string& below) -> Result<void> {
                  if (!below.empty())
                      if (auto checked = check_place(to, below); !checked) return checked;
                  if (auto done = repository.checkout(now.rev, to / below); !done) return done;
                  return mend_modes(to / below, entries);
              });
    return tree.walk(asked, GitUrlFrom::builder, "", 0);
}

Result<std::string> find_commit(const std::string& url, const std::string& name, ResolveContext& context) {
    if (is_hex(name, 40)) return name;
    if (auto made = sys::make_directories(context.store.root() / "git"); !made) return made.error();
    return GitRepository(url, GitUrlFrom::builder, context).commit_of(name);
}

bool has_commit(const std::string& url, const std::string& rev, ResolveContext& context) {
    return GitRepository(url, GitUrlFrom::builder, context).has(rev);
}

Result<std::string> read_git_file(const std::string& url, const std::string& rev, const std::string& path,
                                  ResolveContext& context) {
    auto text = GitRepository(url, GitUrlFrom::builder, context).file(rev, path);
    if (!text) return text.error();
    if (!*text) return build_error("the commit " + rev + " has no file '" + path + "'");
    return std::move(**text);
}

}  // namespace tmplbuild
