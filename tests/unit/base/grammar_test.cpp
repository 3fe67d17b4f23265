// SPDX-License-Identifier: Apache-2.0
#include "base/grammar.hpp"

#include "support/catch.hpp"

using namespace tmplbuild;

TEST_CASE("names of packages, versions and files are what their formats say, and nothing that a command could read") {
    for (const char* good : {"g++", "libstdc++6", "python3.11-venv", "0ad"}) CHECK(is_debian_package(good));
    for (const char* bad : {"", "a", "-o", "git-", "Git", "a b", "a,b", "?essential", "a=1", "a/sid", "git^"})
        CHECK_FALSE(is_debian_package(bad));
    for (const char* good : {"1:2.36-9+deb12u10", "0~rc1"}) CHECK(is_debian_version(good));
    for (const char* bad : {"", "-1", "a1", "1 2", "1/2", "1\n2"}) CHECK_FALSE(is_debian_version(bad));
    for (const char* good : {"a_1%3a2_amd64.deb", "x-1.0-py3-none-any.whl"}) CHECK(is_file_name(good));
    for (const char* bad : {"", "-x", ".x", "a/b", "a b", "a\nb", ".."}) CHECK_FALSE(is_file_name(bad));
    CHECK(is_debian_suite("trixie"));
    CHECK_FALSE(is_debian_suite("stable"));
}

TEST_CASE("a version that names a folder is in PEP 440's normal spelling") {
    for (const char* good : {"1", "1.0.0", "2!1.0", "1.0rc1", "1.0a2.post3.dev4", "1.0.post2+cu130", "1+a.b"})
        CHECK(is_plain_python_version(good));
    for (const char* bad : {"", "abc def", "abc", "1.", "1..0", ".1", "1.0-beta", "1.0beta1", "1.0-1", "v1", "1.0RC1",
                            "1!", "1.0+", "1.0+.a", "1.0+a..b", "1.0 ", "../1", "1/0"})
        CHECK_FALSE(is_plain_python_version(bad));
    CHECK_FALSE(is_plain_python_version(std::string(129, '1')));
}

TEST_CASE("a project has one name") {
    CHECK(normalized_project("Torch_Vision") == "torch-vision");
    CHECK(normalized_project("zope.-_interface") == "zope-interface");
}

TEST_CASE("an interpreter is a path or a version") {
    for (const char* good : {"/usr/bin/python3", "3.9", "3.12"}) CHECK(is_interpreter_name(good));
    for (const char* bad : {"", "python3", "3", "3.", "3.12.1", "3.x", "/usr/../bin/python3", "/a b", "/a:b", "-c"})
        CHECK_FALSE(is_interpreter_name(bad));
}

TEST_CASE("an address has a known scheme and no password") {
    const std::vector<std::string> web = {"https", "http"};
    for (const char* good : {"https://a.test/x", "http://me@a.test/x@y:z"}) CHECK(is_address(good, web));
    for (const char* bad : {"", "https://", "file:///x", "ext::sh", "--upload-pack=x", "https://a b", "https://a:b@c/",
                            "https://-x/", "https://a\n"})
        CHECK_FALSE(is_address(bad, web));
}
