// SPDX-License-Identifier: Apache-2.0
#include "resolve/apt_source.hpp"

#include "support/catch.hpp"

using namespace tmplbuild;
using Texts = std::vector<std::string>;

static const char* const machine_text = R"(Types: deb
# a comment
URIs: http://mirror.test/debian
Suites: bookworm bookworm-updates
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://mirror.test/debian-security
Suites: bookworm-security
Components: main
Signed-By: /usr/share/keyrings/debian-archive-bookworm-stable.gpg

Types: deb
URIs: https://node.test/node
Suites: nodistro
Components: main

Types: deb-src
URIs: http://mirror.test/debian
Suites: bookworm
Components: main

Types: deb
Enabled: no
URIs: http://off.test/debian
Suites: bookworm
Components: main
)";

TEST_CASE("both forms of sources.list are read, and what apt would not use is passed over") {
    const auto sources = parse_apt_sources(machine_text, true);
    REQUIRE(sources.size() == 3);
    CHECK(sources[0].suites == Texts{"bookworm", "bookworm-updates"});
    CHECK(sources[1].signed_by == "/usr/share/keyrings/debian-archive-bookworm-stable.gpg");
    const auto lines = parse_apt_sources(
        "# deb http://no.test/debian bookworm main\n"
        "deb-src http://no.test/debian bookworm main\n"
        "deb [arch=arm64] http://no.test/debian bookworm main\n"
        "deb [ arch=amd64,arm64 signed-by=/etc/apt/keyrings/a.gpg trusted=yes ] https://a.test/apt stable main extra # "
        "x\n"
        "deb http://flat.test/cuda ./\n"
        "deb http://no.test/debian bookworm\n",
        false);
    REQUIRE(lines.size() == 2);
    CHECK(lines[0].signed_by == "/etc/apt/keyrings/a.gpg");
    CHECK(lines[0].options == std::map<std::string, std::string>{{"trusted", "yes"}});
    CHECK(lines[0].components == Texts{"main", "extra"});
    CHECK(lines[1].suites == Texts{"./"});
}

TEST_CASE("a key that stands in a source, and a source as a whole, come back as they were") {
    const auto sources = parse_apt_sources(
        "Types: deb\nURIs: https://a.test/x\nSuites: ./\nSigned-By:\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n "
        "mQENB\n"
        " -----END PGP PUBLIC KEY BLOCK-----\n",
        true);
    REQUIRE(sources.size() == 1);
    CHECK(parse_apt_sources(sources[0].to_stanza(), true) == sources);
    CHECK(AptSource::from_json(sources[0].to_json()).value() == sources[0]);
}

TEST_CASE("the security suite of a release comes with it, and no other release") {
    const auto machine = parse_apt_sources(
        std::string(machine_text) + "\nTypes: deb\nURIs: http://mirror.test/debian\nSuites: trixie\nComponents: main\n",
        true);
    const auto own = debian_sources(machine, "bookworm", "/keys/all.gpg");
    CHECK(suites_of(own) == Texts{"bookworm", "bookworm-updates", "bookworm-security"});
    CHECK(suites_of(debian_sources(machine, "trixie", "/keys/all.gpg")) == Texts{"trixie"});
}

TEST_CASE("a release that no source names is taken from the mirror of another one") {
    const auto machine = parse_apt_sources(machine_text, true);
    const auto moved = debian_sources(machine, "trixie", "/keys/all.gpg");
    CHECK(suites_of(moved) == Texts{"trixie", "trixie-updates", "trixie-security"});
    CHECK(moved[0].signed_by == "/usr/share/keyrings/debian-archive-keyring.gpg");
    CHECK(moved[1].signed_by == "/keys/all.gpg");  // that of one release would not do
    CHECK(suites_of(debian_sources(machine, "sid", "/keys/all.gpg")) == Texts{"sid"});
    CHECK(debian_sources({}, "trixie", "").empty());
}

TEST_CASE("of a base's sources Debian's own come from the machine's mirror, all others from where they lie") {
    const auto machine = parse_apt_sources(machine_text, true);
    const auto base = parse_apt_sources(
        "deb http://deb.debian.test/debian bookworm main contrib\n"
        "deb http://security.debian.test/debian-security bookworm-security main\n"
        "deb http://archive.ubuntu.test/ubuntu jammy main\n"
        "deb [signed-by=/k.gpg] https://docker.test/linux/debian bookworm stable\n"
        "deb https://node.test/node_18.x bookworm main\n",
        false);
    const auto served = served_here(base, machine, "/keys/all.gpg");
    REQUIRE(served.size() == 5);
    CHECK(served[0].uris == Texts{"http://mirror.test/debian"});
    CHECK(served[0].components == Texts{"main", "contrib"});
    CHECK(served[1].uris == Texts{"http://mirror.test/debian-security"});
    for (std::size_t i = 2; i < 5; ++i) CHECK(served[i] == base[i]);
}
