// SPDX-License-Identifier: Apache-2.0
#include "resolve/git.hpp"

#include <charconv>
#include <vector>

#include "base/text.hpp"

namespace tmplbuild {

namespace fs = std::filesystem;

namespace {

fs::path repository(const Store& store, const std::string& url) {
    return store.root() / "git" / Sha256::of(url).hex().substr(0, 32);
}

// One bare repository. Fetching uses the user's configuration; reading uses none, so that it is the same everywhere.
class Repository {
  public:
    Repository(std::string url, ResolveContext& context)
        : url_(std::move(url)), path_(repository(context.store, url_)), context_(context) {}

    Result<io::ProcessResult> read(std::vector<std::string> arguments, const std::string& what,
                                   std::map<std::string, std::string> environment = {}) {
        environment["GIT_CONFIG_NOSYSTEM"] = "1";
        environment["GIT_CONFIG_GLOBAL"] = "/dev/null";
        return run(std::move(arguments), what, std::move(environment));
    }

    bool has(const std::string& rev) {
        std::error_code failed;
        return fs::exists(path_ / "HEAD", failed) && read({"cat-file", "-e", rev + "^{tree}"}, "looking").has_value();
    }

    Result<void> fetch(const std::string& rev) {
        if (has(rev)) return {};
        auto lock = sys::FileLock::acquire(path_.string() + ".lock");
        if (!lock) return lock.error();
        if (has(rev)) return {};
        std::error_code failed;
        if (!fs::exists(path_ / "HEAD", failed)) {
            auto made = context_.processes.run_checked({.argv = {"git", "init", "-q", "--bare", path_}}, context_.stop,
                                                       "making a git repository");
            if (!made) return made.error();
        }
        // Most servers give out one commit by its name; others only branches and tags with their history.
        auto one = run({"fetch", "-q", "--no-tags", "--depth=1", url_, rev}, "fetching the commit", {});
        if (one && has(rev)) return {};
        if (!one && one.error().kind == ErrorKind::interrupted) return one.error();
        auto all = run({"fetch", "-q", "--no-tags", url_, "+refs/*:refs/tmplbuild/*"}, "fetching the repository", {});
        if (!all) {
            Error error = all.error();
            if (error.kind == ErrorKind::build) error.kind = ErrorKind::network;
            error.hint = "see whether `git ls-remote URL` works on this machine";
            return error;
        }
        if (!has(rev))
            return usage_error("the repository has no commit " + rev,
                               "`git ls-remote URL NAME` prints the commit that a branch or tag names now");
        return {};
    }

    Result<LockedGit> facts(const std::string& rev) {
        auto said = read({"show", "-s", "--no-show-signature", "--format=%T %ct", rev}, "reading the commit");
        if (!said) return said.error();
        const std::vector<std::string> words = split(trim(said->out), ' ');
        LockedGit out{url_, rev, words.front(), 0};
        const std::string& time = words.back();
        if (words.size() != 2 ||
            std::from_chars(time.data(), time.data() + time.size(), out.commit_time).ec != std::errc())
            return build_error("git describes the commit " + rev + " as '" + said->out + "'");
        return out;
    }

    struct Submodule {
        std::string path, url, rev;
    };
    Result<std::vector<Submodule>> submodules(const std::string& rev) {
        auto tree = read({"ls-tree", "-r", "-z", rev}, "reading the commit's tree");
        if (!tree) return tree.error();
        std::vector<Submodule> out;
        for (const std::string& line : split(tree->out, '\0')) {
            // "160000 commit <hex>\t<path>": a submodule (git-ls-tree(1))
            if (!line.starts_with("160000 commit ")) continue;
            const std::size_t tab = line.find('\t');
            Submodule module{line.substr(tab + 1), {}, line.substr(14, tab - 14)};
            auto url = url_of(rev, module.path);
            if (!url) return url.error();
            module.url = *url;
            out.push_back(std::move(module));
        }
        return out;
    }

    Result<void> checkout(const std::string& rev, const fs::path& to) {
        auto work = context_.store.new_temp_directory("git");
        if (!work) return work.error();
        const std::map<std::string, std::string> index{{"GIT_INDEX_FILE", work->path() / "index"}};
        if (auto done = read({"read-tree", rev}, "reading the commit's tree", index); !done) return done.error();
        auto done = read({"-c", "core.autocrlf=false", "-c", "core.symlinks=true", "-c", "core.bare=false",
                          "--work-tree=" + to.string(), "checkout-index", "--all", "--prefix=" + to.string() + "/"},
                         "writing the commit's files", index);
        if (!done) return done.error();
        return {};
    }

  private:
    Result<io::ProcessResult> run(std::vector<std::string> arguments, const std::string& what,
                                  std::map<std::string, std::string> environment) {
        std::vector<std::string> argv = {"git", "--git-dir=" + path_.string()};
        argv.insert(argv.end(), arguments.begin(), arguments.end());
        environment["GIT_TERMINAL_PROMPT"] = "0";
        environment["LC_ALL"] = "C.UTF-8";
        auto result = context_.processes.run_checked({.argv = argv, .environment = environment}, context_.stop, what);
        return result;
    }

    // .gitmodules names the URL; one that starts with "./" or "../" is relative to this repository's (gitmodules(5)).
    Result<std::string> url_of(const std::string& rev, const std::string& path) {
        auto names = read({"config", "--blob=" + rev + ":.gitmodules", "--get-regexp", "^submodule\\..*\\.path$"},
                          "reading .gitmodules");
        if (!names) return names.error();
        for (const std::string& line : split(names->out, '\n')) {
            const std::size_t space = line.find(' ');
            if (space == std::string::npos || line.substr(space + 1) != path) continue;
            const std::string key = line.substr(0, space - std::string(".path").size()) + ".url";
            auto url = read({"config", "--blob=" + rev + ":.gitmodules", "--get", key}, "reading .gitmodules");
            if (!url) return url.error();
            return absolute(std::string(trim(url->out)));
        }
        return build_error("the submodule '" + path + "' has no URL in .gitmodules");
    }

    std::string absolute(std::string url) const {
        std::string base = url_;
        while (base.ends_with('/')) base.pop_back();
        if (!url.starts_with("./") && !url.starts_with("../")) return url;
        while (url.starts_with("./") || url.starts_with("../")) {
            if (url.starts_with("../")) {
                base = base.substr(0, base.rfind('/'));
                url = url.substr(3);
            } else {
                url = url.substr(2);
            }
        }
        return base + "/" + url;
    }

    std::string url_;
    fs::path path_;
    ResolveContext& context_;
};

constexpr int deepest_submodule = 10;

Result<void> fetch_all(const std::string& url, const std::string& rev, bool submodules, int depth,
                       ResolveContext& context) {
    if (depth > deepest_submodule) return build_error("submodules lie in each other without an end");
    Repository repository(url, context);
    if (auto fetched = repository.fetch(rev); !fetched) return fetched;
    if (!submodules) return {};
    auto modules = repository.submodules(rev);
    if (!modules) return modules.error();
    for (const auto& module : *modules)
        if (auto fetched = fetch_all(module.url, module.rev, true, depth + 1, context); !fetched) {
            Error error = fetched.error();
            return error.while_doing("fetching the submodule '" + module.path + "'");
        }
    return {};
}

}  // namespace

Result<LockedGit> resolve_git(const std::string& url, const std::string& rev, bool submodules,
                              ResolveContext& context) {
    if (auto made = sys::make_directories(context.store.root() / "git"); !made) return made.error();
    if (auto fetched = fetch_all(url, rev, submodules, 0, context); !fetched) return fetched.error();
    return Repository(url, context).facts(rev);
}

bool has_commit(const Store& store, const std::string& url, const std::string& rev) {
    SilentProgress silent;
    io::SystemProcessRunner processes;
    ResolveContext context{store, processes, silent, {}};
    return Repository(url, context).has(rev);
}

Result<void> checkout_git(const std::string& url, const std::string& rev, bool submodules, const fs::path& to,
                          ResolveContext& context) {
    Repository repository(url, context);
    if (auto done = repository.checkout(rev, to); !done) return done;
    if (!submodules) return {};
    auto modules = repository.submodules(rev);
    if (!modules) return modules.error();
    for (const auto& module : *modules) {
        if (auto made = sys::make_directories(to / module.path); !made) return made;
        if (auto done = checkout_git(module.url, module.rev, true, to / module.path, context); !done) return done;
    }
    return {};
}

Result<std::string> read_git_file(const std::string& url, const std::string& rev, const std::string& path,
                                  ResolveContext& context) {
    auto said = Repository(url, context).read({"cat-file", "blob", rev + ":" + path}, "reading '" + path + "'");
    if (!said) return said.error();
    return std::move(said->out);
}

}  // namespace tmplbuild
