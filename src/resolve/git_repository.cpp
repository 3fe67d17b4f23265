// SPDX-License-Identifier: Apache-2.0
#include "resolve/git_repository.hpp"

#include <algorithm>
#include <charconv>

#include "base/grammar.hpp"
#include "base/text.hpp"
#include "resolve/git_failure.hpp"

namespace tmplbuild {

namespace fs = std::filesystem;

static constexpr std::size_t most_output = 64ULL << 20;  // bytes; what io::ProcessResult keeps

// Reads "<object> blob <size>
// <content>
// " from `git cat-file --batch`; none where git prints something else for it.
static std::optional<std::string> take_blob(std::string_view& said) {
    const std::size_t end = said.find('\n');
    const std::vector<std::string> words = split(said.substr(0, end), ' ');
    std::uint64_t size = 0;
    if (end == std::string_view::npos || words.size() != 3 || words[1] != "blob" ||
        std::from_chars(words[2].data(), words[2].data() + words[2].size(), size).ec != std::errc() ||
        said.size() - end - 1 < size)
        return std::nullopt;
    std::string content(said.substr(end + 1, size));
    said.remove_prefix(std::min<std::size_t>(said.size(), end + 1 + size + 1));
    return content;
}

GitRepository::GitRepository(std::string url, GitUrlFrom from, ResolveContext& context)
    : url_(std::move(url)),
      from_(from),
      path_(context.store.root() / "git" / Sha256::of(url_).hex().substr(0, 32)),
      context_(context) {}

Result<io::ProcessResult> GitRepository::read(std::vector<std::string> arguments, const std::string& what,
                                              std::string input) {
    if (!reader_) {
        auto made = context_.store.new_temp_directory("git");
        if (!made) return made.error();
        // The parts of a repository that git requires (gitrepository-layout(5)).
        if (auto refs = sys::make_directories(made->path() / "refs"); !refs) return refs.error();
        for (const auto& [name, text] : {std::pair{"HEAD", "ref: refs/heads/none\n"},
                                         {"config", "[core]\n\trepositoryformatversion = 0\n\tbare = true\n"}})
            if (auto written = sys::write_file_atomic(made->path() / name, text); !written) return written.error();
        reader_.emplace(std::move(*made));
    }
    io::Command command{.argv = {"git", "--git-dir=" + reader_->path().string()},
                        .environment = git_reading_environment(),
                        .inherit_environment = false,
                        .directory = reader_->path(),
                        .stdin_text = std::move(input)};
    command.argv.insert(command.argv.end(), arguments.begin(), arguments.end());
    command.environment["GIT_OBJECT_DIRECTORY"] = path_ / "objects";
    auto result = context_.processes.run_checked(command, context_.stop, what);
    if (result && result->out.size() >= most_output)
        return build_error(what + ": git prints more than " + human_bytes(most_output));
    return result;
}

io::Command GitRepository::fetching() const {
    return {.argv = {"git", "--git-dir=" + path_.string(), "-c", "core.hooksPath=/dev/null"},
            .environment = git_fetching_environment(from_),
            .inherit_environment = false,
            .directory = path_};
}

Result<io::ProcessResult> GitRepository::run_fetch(std::vector<std::string> arguments, const std::string& what) {
    // The fetch makes one pack, which appears whole or not at all, and does nothing else that the user's git would do.
    io::Command command = fetching();
    for (const char* word : {"-c", "fetch.unpackLimit=1", "-c", "gc.auto=0", "-c", "maintenance.auto=false", "fetch",
                             "-q", "--no-tags", "--no-recurse-submodules"})
        command.argv.emplace_back(word);
    command.argv.insert(command.argv.end(), arguments.begin(), arguments.end());
    return context_.processes.run_checked(command, context_.stop, what);
}

bool GitRepository::has(const std::string& rev) {
    std::error_code failed;
    return fs::exists(path_ / "HEAD", failed) && read({"cat-file", "-e", rev + "^{tree}"}, "looking").has_value();
}

Result<void> GitRepository::make() {
    std::error_code failed;
    if (fs::exists(path_ / "HEAD", failed)) return {};
    auto made = context_.processes.run_checked(
        {.argv = {"git", "init", "-q", "--bare", "--template=", "--object-format=sha1", "--", path_},
         .environment = git_reading_environment(),
         .inherit_environment = false},
        context_.stop, "making a git repository");
    if (!made) return made.error();
    return {};
}

Result<void> GitRepository::fetch(const std::string& rev) {
    if (has(rev)) return {};
    auto lock = sys::FileLock::acquire(path_.string() + ".lock");
    if (!lock) return lock.error();
    if (has(rev)) return {};
    if (auto made = make(); !made) return made;
    // Most servers give one commit by its name; others only give branches and tags with their history.
    auto one = run_fetch({"--depth=1", "--", url_, rev}, "fetching the commit");
    if (one && has(rev)) return {};
    if (!one && one.error().kind == ErrorKind::interrupted) return one.error();
    auto all = run_fetch({"--", url_, "+refs/*:refs/tmplbuild/*"}, "fetching the repository");
    if (!all) return explain_git_fetch(all.error());
    if (!has(rev))
        return usage_error("the repository has no commit " + rev,
                           "`git ls-remote URL NAME` prints the commit that a branch or tag names now");
    return {};
}

Result<std::string> GitRepository::commit_of(const std::string& name) {
    {
        auto lock = sys::FileLock::acquire(path_.string() + ".lock");
        if (!lock) return lock.error();
        if (auto made = make(); !made) return made.error();
    }
    io::Command command = fetching();
    command.argv.insert(command.argv.end(), {"ls-remote", "-q", "--", url_});
    // An annotated tag is an object of its own; "^{}" is the commit that it names. A tag counts before a branch of the
    // same name, as git resolves names (gitrevisions(7)).
    std::vector<std::string> wanted = {name};
    if (name != "HEAD") wanted = {"refs/tags/" + name + "^{}", "refs/tags/" + name, "refs/heads/" + name};
    if (name.starts_with("refs/")) wanted = {name + "^{}", name};
    command.argv.insert(command.argv.end(), wanted.begin(), wanted.end());
    auto said = context_.processes.run_checked(command, context_.stop, "asking the repository for '" + name + "'");
    if (!said) return explain_git_fetch(said.error());
    const std::vector<std::string> lines = split(said->out, '\n');
    for (const std::string& ref : wanted)
        for (const std::string& line : lines)  // each line is "<40 hex digits>\t<ref>"
            if (line.size() > 41 && line[40] == '\t' && line.substr(41) == ref && is_hex(line.substr(0, 40), 40))
                return line.substr(0, 40);
    return usage_error("the repository has no branch and no tag '" + name + "'",
                       "of a commit all 40 digits are written; `git ls-remote URL` prints what branches and tags name");
}

Result<LockedGit> GitRepository::facts(const std::string& rev) {
    auto said = read({"cat-file", "commit", rev}, "reading the commit");
    if (!said) return said.error();
    // The text is "tree <hex>", …, "committer <name> <mail> <seconds> <zone>", an empty line, the message.
    LockedGit out{url_, rev, {}, 0};
    bool timed = false;
    for (const std::string& line : split(said->out, '\n')) {
        if (line.empty()) break;
        if (out.tree.empty() && line.starts_with("tree ")) out.tree = line.substr(5);
        if (timed || !line.starts_with("committer ")) continue;
        const std::vector<std::string> words = split(line.substr(line.rfind('>') + 1), ' ');
        timed = words.size() == 3 &&
                std::from_chars(words[1].data(), words[1].data() + words[1].size(), out.commit_time).ec == std::errc();
    }
    if (out.tree.empty() || !timed) return build_error("the commit " + rev + " names no tree or no time");
    return out;
}

Result<std::vector<GitEntry>> GitRepository::entries(const std::string& rev) {
    auto tree = read({"ls-tree", "-r", "-z", "--long", "--full-tree", rev}, "reading the commit's tree");
    if (!tree) return tree.error();
    std::vector<GitEntry> out;
    for (const std::string& line : split(tree->out, '\0')) {
        // A line is "100644 blob <hex>     123\t<path>" (git-ls-tree(1)).
        const std::size_t tab = line.find('\t');
        if (tab == std::string::npos || tab < 53) continue;
        const std::string size(trim(std::string_view(line).substr(53, tab - 53)));
        GitEntry entry{line.substr(0, 6), {}, line.substr(tab + 1)};
        entry.object = entry.is_submodule() ? line.substr(14, 40) : line.substr(12, 40);
        std::from_chars(size.data(), size.data() + size.size(), entry.size);  // the size is "-" for a submodule
        out.push_back(std::move(entry));
    }
    return out;
}

Result<std::string> GitRepository::gitmodules(const std::string& rev) {
    auto said =
        read({"config", "--blob=" + rev + ":.gitmodules", "--no-includes", "--list", "-z"}, "reading .gitmodules");
    if (!said) return said.error();
    return std::move(said->out);
}

Result<std::optional<std::string>> GitRepository::file(const std::string& rev, const std::string& path) {
    if (path.find('\n') != std::string::npos) return std::optional<std::string>();
    auto said = read({"cat-file", "--batch", "--follow-symlinks"}, "reading '" + path + "'", rev + ":" + path + "\n");
    if (!said) return said.error();
    std::string_view rest = said->out;
    return take_blob(rest);
}

Result<std::vector<GitEntry>> GitRepository::with_lfs_filter(const std::string& rev,
                                                             const std::vector<GitEntry>& files) {
    std::vector<GitEntry> out;
    if (files.empty()) return out;
    if (auto done = read({"read-tree", rev}, "reading the commit's tree"); !done) return done.error();
    std::string names;
    for (const GitEntry& file : files) names += file.path + '\0';
    auto said = read({"check-attr", "--cached", "-z", "--stdin", "filter"}, "reading .gitattributes", std::move(names));
    if (!said) return said.error();
    // For each file, in the order of the input: "<path>\0filter\0<value>\0".
    const std::vector<std::string> words = split(said->out, '\0');
    if (words.size() != files.size() * 3 + 1) return build_error("git describes other files than it was asked for");
    for (std::size_t at = 0; at < files.size(); ++at)
        if (words[at * 3 + 2] == "lfs") out.push_back(files[at]);
    return out;
}

Result<std::vector<std::string>> GitRepository::blobs(const std::vector<GitEntry>& files) {
    std::vector<std::string> out;
    if (files.empty()) return out;
    std::string names;
    for (const GitEntry& file : files) names += file.object + "\n";
    auto said = read({"cat-file", "--batch"}, "reading files of the commit", std::move(names));
    if (!said) return said.error();
    std::string_view rest = said->out;
    for (const GitEntry& file : files) {
        auto content = take_blob(rest);
        if (!content) return build_error("the repository lacks the content of '" + file.path + "'");
        out.push_back(std::move(*content));
    }
    return out;
}

Result<void> GitRepository::checkout(const std::string& rev, const fs::path& to) {
    if (auto done = read({"read-tree", rev}, "reading the commit's tree"); !done) return done.error();
    auto done =
        read({"-c", "core.bare=false", "-c", "core.autocrlf=false", "-c", "core.eol=lf", "-c", "core.symlinks=true",
              "--work-tree=" + to.string(), "checkout-index", "--all", "--prefix=" + to.string() + "/"},
             "writing the commit's files");
    if (!done) return done.error();
    return {};
}

}  // namespace tmplbuild
