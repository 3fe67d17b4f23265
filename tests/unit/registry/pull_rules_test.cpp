// SPDX-License-Identifier: Apache-2.0
// Where an image is pulled from: the choice of an entry, and the names that its locations make.
#include "registry/pull_rules.hpp"

#include "support/catch.hpp"

using namespace tmplbuild;
using namespace tmplbuild::registry;

namespace {

using Use = PullRules::MirrorUse;

std::vector<std::string> places(const PullRules& rules, const std::string& image) {
    std::vector<std::string> out;
    const auto found = rules.places_of(Reference::parse(image).value());
    if (!found) return {"error: " + found.error().message};
    for (const PullPlace& place : *found) out.push_back(place.image.to_string() + (place.is_mirror ? " mirror" : ""));
    return out;
}

PullRules rules_of(std::vector<PullRules::Registry> entries) {
    PullRules rules;
    for (PullRules::Registry& entry : entries) rules.add(std::move(entry));
    return rules;
}

using Names = std::vector<std::string>;
const std::string digest = "sha256:" + std::string(64, 'a');

}  // namespace

TEST_CASE("without an entry an image comes from where its name says") {
    CHECK(places(PullRules(), "ghcr.io/me/x:1") == Names{"ghcr.io/me/x:1"});
    const PullRules rules = rules_of({{.prefix = "quay.io", .mirrors = {{.location = "m.example"}}}});
    CHECK(places(rules, "ghcr.io/me/x:1") == Names{"ghcr.io/me/x:1"});
}

TEST_CASE("mirrors come in their order and the registry last, each with the rest of the name behind its location") {
    const PullRules rules = rules_of(
        {{.prefix = "docker.io", .mirrors = {{.location = "one.example:5000/hub"}, {.location = "two.example"}}}});
    CHECK(places(rules, "debian:12") == Names{"one.example:5000/hub/library/debian:12 mirror",
                                              "two.example/library/debian:12 mirror", "docker.io/library/debian:12"});
    const PullRules moved = rules_of({{.prefix = "example.com/foo", .location = "inside.example/bar"}});
    CHECK(places(moved, "example.com/foo/image:latest") == Names{"inside.example/bar/image:latest"});
    CHECK(places(moved, "example.com/foo@" + digest) == Names{"inside.example/bar@" + digest});
}

TEST_CASE("the longest prefix counts, and a prefix ends where a part of the name ends") {
    const PullRules rules = rules_of({{.prefix = "quay.io", .location = "a.example"},
                                      {.prefix = "quay.io/me", .location = "b.example/me"},
                                      {.prefix = "quay.io/me/x:1", .location = "c.example/y:2"},
                                      {.prefix = "*.example.org", .location = "d.example"}});
    CHECK(places(rules, "quay.io/you/x:1") == Names{"a.example/you/x:1"});
    CHECK(places(rules, "quay.io/me/z:1") == Names{"b.example/me/z:1"});
    CHECK(places(rules, "quay.io/meadow/z:1") == Names{"a.example/meadow/z:1"});
    CHECK(places(rules, "quay.io/me/x:1") == Names{"c.example/y:2"});
    CHECK(places(rules, "quay.io/me/x:12") == Names{"b.example/me/x:12"});
    CHECK(places(rules, "quay.io:8443/me/z:1") == Names{"quay.io:8443/me/z:1"});  // another port is another host
    CHECK(places(rules, "quay.io.evil.example/me:1") == Names{"quay.io.evil.example/me:1"});
    CHECK(places(rules, "eu.example.org/me:1") == Names{"d.example/me:1"});
    CHECK(places(rules, "example.org/me:1") == Names{"example.org/me:1"});
    CHECK(places(rules, "badexample.org/me:1") == Names{"badexample.org/me:1"});
}

TEST_CASE("a mirror may be for digests alone or for tags alone") {
    const PullRules rules = rules_of({{.prefix = "ghcr.io",
                                       .mirrors = {{.location = "d.example", .use = Use::digest_only},
                                                   {.location = "t.example", .use = Use::tag_only}}}});
    CHECK(places(rules, "ghcr.io/me/x:1") == Names{"t.example/me/x:1 mirror", "ghcr.io/me/x:1"});
    CHECK(places(rules, "ghcr.io/me/x@" + digest) ==
          Names{"d.example/me/x@" + digest + " mirror", "ghcr.io/me/x@" + digest});
}

TEST_CASE("a later entry takes the place of an earlier one, and what is blocked is refused in words") {
    PullRules rules = rules_of({{.prefix = "ghcr.io", .is_blocked = true, .source = "/etc/a.conf"}});
    const auto refused = rules.check_allowed(Reference::parse("ghcr.io/me/x:1").value());
    REQUIRE_FALSE(refused);
    CHECK(refused.error().kind == ErrorKind::machine);
    CHECK(refused.error().message.find("'ghcr.io/me/x' is blocked on this machine: '/etc/a.conf'") == 0);
    CHECK(rules.check_allowed(Reference::parse("quay.io/me/x:1").value()));
    rules.add({.prefix = "ghcr.io"});
    CHECK(rules.check_allowed(Reference::parse("ghcr.io/me/x:1").value()));
}

TEST_CASE("a location that makes no name is an error that names the file") {
    const PullRules rules = rules_of({{.prefix = "ghcr.io", .location = "Not A Host", .source = "/etc/a.conf"}});
    const Names said = places(rules, "ghcr.io/me/x:1");
    CHECK(said[0].find("error: '/etc/a.conf' has 'Not A Host' for 'ghcr.io'") == 0);
}
