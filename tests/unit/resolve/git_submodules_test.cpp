// SPDX-License-Identifier: Apache-2.0
#include "resolve/git_submodules.hpp"

#include "resolve/git_lfs.hpp"
#include "support/catch.hpp"

using namespace tmplbuild;

TEST_CASE("a submodule's address is a server's, and never an option, a helper or a path of this machine") {
    const std::string parent = "https://example.org/team/main.git";
    for (const char* good :
         {"https://example.org/x.git", "http://127.0.0.1:8080/", "ssh://git@example.org:22/x", "git://example.org/x",
          "git@example.org:team/x.git", "HTTPS://example.org/x", "https://example.org/a b"})
        CHECK(submodule_url(good, parent).value() == good);
    for (const char* bad : {"--upload-pack=touch /tmp/x",
                            "-u",
                            "",
                            "/srv/private",
                            "private",
                            "file:///srv/private",
                            "FILE:///srv/private",
                            "ext::sh -c true",
                            "fd::3",
                            "ext://x",
                            "https://-oProxyCommand=x/y",
                            "ssh://-oProxyCommand=x/y",
                            "ssh://git@-oProxyCommand=x/y",
                            "-oProxyCommand=x:y",
                            "git@-oProxyCommand=x:y",
                            "host:-x",
                            "ssh://host/-x",
                            "https:///x",
                            "https://host\n.example.org/x",
                            "https://host/%0apassword=x",
                            "https://host/%0Dx",
                            "a/b:c",
                            "./../-x:y/\x01"}) {
        INFO(bad);
        CHECK_FALSE(submodule_url(bad, parent));
        if (bad[0] != '.') CHECK_FALSE(submodule_url(bad, "file:///srv/main"));
    }
}

TEST_CASE("a relative address begins at the repository that names it, and does not climb above its server") {
    CHECK(submodule_url("../x.git", "https://example.org/team/main.git").value() == "https://example.org/team/x.git");
    CHECK(submodule_url("./x.git", "https://example.org/main/").value() == "https://example.org/main/x.git");
    CHECK(submodule_url("../../x", "https://example.org/team/main").value() == "https://example.org/x");
    CHECK(submodule_url("../x", "git@example.org:team/main").value() == "git@example.org:team/x");
    CHECK(submodule_url("../../x", "git@example.org:team/main").value() == "git@example.org:x");
    CHECK(submodule_url("../x", "file:///srv/main").value() == "file:///srv/x");
    CHECK_FALSE(submodule_url("../../../x", "https://example.org/team/main"));
    CHECK_FALSE(submodule_url("../../../../x", "https://example.org/team/main"));
    CHECK_FALSE(submodule_url("../../../x", "git@example.org:team/main"));
    CHECK_FALSE(submodule_url("../-x", "git@example.org:main"));
}

TEST_CASE("a submodule's name may hold spaces and dots, its last value counts, and it does not climb") {
    using std::string_view_literals::operator""sv;
    const auto urls = read_gitmodules(
        "submodule.a b.c.path\nmy folder/x\0submodule.a b.c.url\nhttps://example.org/x\0"
        "submodule.two.path\ntwo\0submodule.two.url\none\0submodule.two.url\nlast\0"
        "submodule.flag.update\0core.pager\nless\0submodule.nourl.path\nn\0"sv);
    REQUIRE(urls);
    CHECK(*urls == std::map<std::string, std::string>{{"my folder/x", "https://example.org/x"}, {"two", "last"}});
    CHECK_FALSE(read_gitmodules("submodule.../../x.path\nx\0"sv));
    CHECK_FALSE(read_gitmodules("submodule.a/../b.url\nx\0"sv));
}

TEST_CASE("a submodule's place stays below the tree and out of git's own folder") {
    for (const char* good : {"a", "a b/c", ".github", "..a", ".gitx", "git~2", "-x"}) CHECK(check_submodule_path(good));
    for (const char* bad : {"..", "a/../b", "/a", "a//b", "a/", ".", ".git", "a/.GIT/b", ".git.", ".git ", "git~1",
                            ".git::$INDEX_ALLOCATION", ".g\u200cit", ""})
        CHECK_FALSE(check_submodule_path(bad));
}

TEST_CASE("a Git LFS pointer is told by its form") {
    const std::string oid = "oid sha256:" + std::string(64, 'a') + "\n";
    const std::string version = "version https://git-lfs.github.com/spec/v1\n";
    CHECK(lfs_pointer_size(version + oid + "size 12345\n") == 12345U);
    CHECK(lfs_pointer_size(version + "ext-0-x sha256:1\n" + oid + "size 1\n") == 1U);
    CHECK_FALSE(lfs_pointer_size(version + "size 12345\n"));
    CHECK_FALSE(lfs_pointer_size(version + oid));
    CHECK_FALSE(lfs_pointer_size("text\n" + version + oid + "size 1\n"));
    CHECK_FALSE(lfs_pointer_size(version + oid + "size 1\n" + std::string(1024, 'x')));
}
