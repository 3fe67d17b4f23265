// SPDX-License-Identifier: Apache-2.0
// A commit's bytes on a pod: what the builder's own git writes, whatever the pod's git is set to.
#include "kernel_job/source.hpp"

#include "support/catch.hpp"
#include "sys/file.hpp"

using namespace tmplbuild;
using namespace tmplbuild::job;

namespace {

void git(const fs::path& directory, std::vector<std::string> arguments) {
    const std::vector<std::string> author = {"git", "-c", "user.name=x", "-c", "user.email=x@example.org"};
    arguments.insert(arguments.begin(), author.begin(), author.end());
    const CommandEnd end = run_command({.argv = std::move(arguments),
                                        .environment = {{"PATH", "/usr/bin:/bin"}, {"HOME", "/nonexistent"}},
                                        .directory = directory.string()});
    INFO(end.why + end.tail);
    REQUIRE(end.ok);
}

}  // namespace

TEST_CASE("a pod writes a commit as its own attributes say, and not as the pod's git is set") {
    const auto folder = sys::TempDirectory::make(fs::temp_directory_path(), "source-test-").value();
    const fs::path work = folder.path(), tree = work / "tree", home = work / "home";
    for (const fs::path& made : {tree, home}) REQUIRE(sys::make_directories(made));
    REQUIRE(sys::write_file_atomic(tree / ".gitattributes", "*.bat text eol=crlf\n*.bin filter=lfs\n"));
    REQUIRE(sys::write_file_atomic(tree / "run.bat", "echo\n"));
    REQUIRE(sys::write_file_atomic(tree / "plain.txt", "$Id$\n"));
    REQUIRE(sys::write_file_atomic(tree / "model.bin", "pointer\n"));
    git(tree, {"init", "-q", "-b", "main"});
    git(tree, {"add", "."});
    git(tree, {"commit", "-qm", "One"});
    const std::string commit =
        sys::read_file(tree / ".git/refs/heads/main").value().substr(0, 40);  // a fresh repository has no packed ones
    // Everything of a pod's git that would give other bytes.
    REQUIRE(sys::write_file_atomic(home / "attributes", "*.txt ident text eol=crlf\n"));
    REQUIRE(sys::write_file_atomic(home / ".gitconfig",
                                   "[core]\n autocrlf = true\n attributesFile = " + (home / "attributes").string() +
                                       "\n[filter \"lfs\"]\n smudge = tr a-z A-Z\n required = true\n"));
    pod::KernelSource source;
    source.url = "file://" + tree.string();
    source.commit = commit;
    const auto failure = lay_source(source, work / "source",
                                    {{"PATH", "/usr/bin:/bin"},
                                     {"HOME", home.string()},
                                     // Of a repository that the pod's own settings happen to name.
                                     {"GIT_DIR", (work / "other").string()},
                                     {"GIT_WORK_TREE", work.string()},
                                     {"GIT_INDEX_FILE", (work / "index").string()},
                                     {"GIT_CONFIG_COUNT", "1"},
                                     {"GIT_CONFIG_KEY_0", "core.eol"},
                                     {"GIT_CONFIG_VALUE_0", "crlf"}},
                                    Watch{});
    INFO((failure ? failure->words : ""));
    REQUIRE_FALSE(failure);
    CHECK(sys::read_file(work / "source/run.bat").value() == "echo\r\n");
    CHECK(sys::read_file(work / "source/plain.txt").value() == "$Id$\n");
    CHECK(sys::read_file(work / "source/model.bin").value() == "pointer\n");
    CHECK_FALSE(fs::exists(work / "source/.git"));
    CHECK_FALSE(fs::exists(work / "other"));
}
