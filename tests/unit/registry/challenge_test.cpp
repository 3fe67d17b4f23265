// SPDX-License-Identifier: Apache-2.0
#include "registry/challenge.hpp"

#include "support/catch.hpp"

using namespace tmplbuild;
using namespace tmplbuild::registry;

TEST_CASE("challenges are read as registries write them") {
    const auto hub = parse_challenges(
        R"(Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull,push")");
    REQUIRE(hub.size() == 1);
    CHECK(hub[0].scheme == "bearer");
    CHECK(hub[0].value("realm") == "https://auth.docker.io/token");
    CHECK(hub[0].value("service") == "registry.docker.io");
    CHECK(hub[0].value("scope") == "repository:a/b:pull,push");
    CHECK(hub[0].value("error").empty());

    const auto several =
        parse_challenges(R"(Negotiate YIIabc==, BASIC realm = "a \"b\", c" , charset=UTF-8, Bearer x="")");
    REQUIRE(several.size() == 3);
    CHECK(several[0].scheme == "negotiate");
    CHECK(several[0].values.empty());
    CHECK(several[1].scheme == "basic");
    CHECK(several[1].value("realm") == "a \"b\", c");
    CHECK(several[1].value("charset") == "UTF-8");
    CHECK(several[2].values.contains("x"));

    const auto bare = parse_challenges("Basic, Bearer Realm=token");
    REQUIRE(bare.size() == 2);
    CHECK(bare[1].value("realm") == "token");
    CHECK(parse_challenges("").empty());
    CHECK(parse_challenges(" , ,").empty());
}

TEST_CASE("a challenge that says something twice or breaks off is not taken") {
    CHECK(parse_challenges(R"(Bearer realm="https://a/",realm="https://b/")").empty());
    const auto second = parse_challenges(R"(Bearer realm="https://a/",REALM="https://b/", Basic realm="x")");
    REQUIRE(second.size() == 1);
    CHECK(second[0].scheme == "basic");
    const auto open = parse_challenges(R"(Basic realm="x", Bearer realm="https://a)");
    REQUIRE(open.size() == 2);
    CHECK(open[1].value("realm").empty());
    CHECK(parse_challenges(R"("quoted" Basic)").empty());
    CHECK(parse_challenges("Bearer realm=\"\\").at(0).values.empty());
}
