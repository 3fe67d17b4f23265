// SPDX-License-Identifier: Apache-2.0
#include "resolve/source_tree.hpp"

#include "support/catch.hpp"

using namespace tmplbuild;

static const std::string commit(40, 'a');

TEST_CASE("a place of sources is read back as it was written") {
    for (const std::string& text : {
             "git+https://host.invalid/x@" + commit,
             "git+ssh://git@host.invalid/x.git@" + commit + "#rev=v1.0&subdirectory=python/core",
             "git+https://host.invalid/x@" + commit + "#rev=HEAD&submodules=no&lfs=pointers",
             std::string("own/"),
             std::string("./"),
             std::string("own/deep/#subdirectory=python"),
         }) {
        INFO(text);
        const auto tree = SourceTree::parse(text);
        REQUIRE(tree);
        CHECK(tree->to_string() == text);
        CHECK(tree->is_commit() == text.starts_with("git+"));
    }
    const auto tree = SourceTree::parse("git+https://h.invalid/a@b/x@" + commit + "#subdirectory=p");
    REQUIRE(tree);
    CHECK(tree->url == "https://h.invalid/a@b/x");
    CHECK(tree->subdirectory == "p");
}

TEST_CASE("what a place of sources must not be") {
    for (const std::string& text : {std::string(),
                                    std::string("x.whl"),
                                    std::string("own/x.whl"),
                                    std::string("https://host.invalid/x.whl"),
                                    std::string("/etc/"),
                                    std::string("../x/"),
                                    std::string("a/../../x/"),
                                    std::string("file:///etc/"),
                                    std::string("git+https://host.invalid/x@main"),
                                    std::string("git+https://host.invalid/x"),
                                    "git+ext::sh -c x@" + commit,
                                    "git+https://-u.invalid/x@" + commit,
                                    "git+https://me:secret@host.invalid/x@" + commit,
                                    "git+https://host.invalid/x@" + commit + "#subdirectory=../x",
                                    "git+https://host.invalid/x@" + commit + "#subdirectory=/etc",
                                    "git+https://host.invalid/x@" + commit + "#rev=-x",
                                    "git+https://host.invalid/x@" + commit + "#other=1",
                                    "git+https://host.invalid/x@" + commit + "#rev=",
                                    "git+https://host.invalid/x@" + commit + "#rev=a\nb",
                                    std::string("own/#subdirectory=a/../..")}) {
        INFO(text);
        CHECK_FALSE(SourceTree::parse(text));
    }
}

TEST_CASE("users of web addresses are in no lock") {
    SourceTree tree{"https://me@host.invalid/x", commit};
    CHECK(tree.to_string() == "git+https://host.invalid/x@" + commit);
    CHECK(tree.shown() == "https://host.invalid/x at " + commit.substr(0, 12));
}

TEST_CASE("what stands for git's tags is the tag's version, or says that it is none") {
    const auto version = [](const std::string& named) {
        SourceTree tree{"https://host.invalid/x", commit};
        tree.named = named;
        return tree.scm_version();
    };
    CHECK(version("v1.2.3") == "1.2.3");
    CHECK(version("1.2.3rc1") == "1.2.3rc1");
    CHECK(version("release-2.0") == "2.0");
    for (const char* named : {"", "HEAD", "main", "v1", "py3.11-fixes", "v1.2/next", "feature2.x"}) {
        INFO(named);
        CHECK(version(named) == "0.0+gaaaaaaa");
    }
    SourceTree folder;
    folder.folder = "own";
    CHECK(folder.scm_version() == "0.0");
}
