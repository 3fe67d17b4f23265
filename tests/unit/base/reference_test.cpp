// SPDX-License-Identifier: Apache-2.0
#include "base/reference.hpp"

#include <tuple>

#include "support/catch.hpp"

using namespace tmplbuild;

namespace {

const std::string some_digest = "sha256:" + std::string(64, 'a');

}  // namespace

TEST_CASE("a reference is read as Docker reads it, and written whole") {
    const std::tuple<std::string, std::string> rows[] = {
        {"debian", "docker.io/library/debian:latest"},
        {"debian:12", "docker.io/library/debian:12"},
        {"me/tool", "docker.io/me/tool:latest"},
        {"docker.io/debian:12", "docker.io/library/debian:12"},
        {"index.docker.io/library/debian", "docker.io/library/debian:latest"},
        {"registry-1.docker.io/me/tool:1", "docker.io/me/tool:1"},
        {"GHCR.io/me/image:V1.2_3-x", "ghcr.io/me/image:V1.2_3-x"},
        {"ghcr.io/me/image@" + some_digest, "ghcr.io/me/image@" + some_digest},
        {"ghcr.io/me/image:1@" + some_digest, "ghcr.io/me/image:1@" + some_digest},
        {"localhost/x", "localhost/x:latest"},
        {"localhost:5000/a/b/c", "localhost:5000/a/b/c:latest"},
        {"127.0.0.1:5000/x:y", "127.0.0.1:5000/x:y"},
        {"[::1]:5000/x", "[::1]:5000/x:latest"},
        {"[fd00::1]/x:2", "[fd00::1]/x:2"},
        {"registry.example.org/a__b/c-d--e/f.g_h", "registry.example.org/a__b/c-d--e/f.g_h:latest"},
    };
    for (const auto& [text, whole] : rows) {
        INFO(text);
        const auto reference = Reference::parse(text);
        REQUIRE(reference);
        CHECK(reference->to_string() == whole);
        CHECK(Reference::parse(whole).value() == *reference);
    }
    CHECK(Reference::parse("debian:12").value().server() == "registry-1.docker.io");
    CHECK(Reference::parse("ghcr.io/a/b").value().server() == "ghcr.io");
    CHECK(Reference::parse("ghcr.io/a/b:1").value().identifier() == "1");
    CHECK(Reference::parse("ghcr.io/a/b:1@" + some_digest).value().identifier() == some_digest);
}

TEST_CASE("what is no reference is refused with a reason") {
    const std::string long_part(200, 'a');
    for (const std::string& text : {std::string(),
                                    std::string("/x"),
                                    std::string("x/"),
                                    std::string("ghcr.io/"),
                                    std::string("ghcr.io//x"),
                                    std::string("ghcr.io/Me/x"),
                                    std::string("ghcr.io/me/x:"),
                                    std::string("ghcr.io/me/x:a b"),
                                    std::string("ghcr.io/me/x:") + std::string(129, 't'),
                                    std::string("ghcr.io/me/x@sha256:12"),
                                    std::string("ghcr.io/me/x@md5:") + std::string(64, 'a'),
                                    std::string("ghcr.io/../x"),
                                    std::string("ghcr.io/a/../x"),
                                    std::string("ghcr.io/.a/x"),
                                    std::string("ghcr.io/a./x"),
                                    std::string("ghcr.io/a___b"),
                                    std::string("ghcr.io/a..b"),
                                    std::string("ghcr.io/a-"),
                                    std::string("ghcr.io:0/x"),
                                    std::string("ghcr.io:99999/x"),
                                    std::string("ghcr.io:port/x"),
                                    std::string("-a.io/x"),
                                    std::string("a..io/x"),
                                    std::string("me@ghcr.io/x"),
                                    std::string("https://ghcr.io/x"),
                                    std::string("ghcr.io/x?y"),
                                    std::string("ghcr.io/x#y"),
                                    std::string("ghcr.io/x\ny"),
                                    std::string("[::1/x"),
                                    std::string("[]/x"),
                                    std::string("[::1]x/y"),
                                    "ghcr.io/" + long_part + "/" + long_part,
                                    std::string(5000, 'a')}) {
        INFO(text);
        const auto reference = Reference::parse(text);
        REQUIRE_FALSE(reference);
        CHECK(reference.error().kind == ErrorKind::usage);
        CHECK(reference.error().message.size() < 1000);
    }
}
