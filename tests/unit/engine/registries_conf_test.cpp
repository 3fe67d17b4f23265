// SPDX-License-Identifier: Apache-2.0
// This machine's settings for registries: which files count, and what is said of one that is not understood.
#include "engine/registries_conf.hpp"

#include <map>

#include "support/catch.hpp"
#include "sys/file.hpp"

using namespace tmplbuild;
namespace fs = std::filesystem;

namespace {

struct Machine {
    sys::TempDirectory folder = sys::TempDirectory::make(fs::temp_directory_path(), "registries-").value();
    fs::path root = folder.path() / "root", home = folder.path() / "home";
    std::map<std::string, std::string> variables{{"HOME", home}};

    void put(const fs::path& file, const std::string& text) const {
        fs::create_directories(file.parent_path());
        REQUIRE(sys::write_file_atomic(file, text));
    }
    Result<registry::PullRules> read() const {
        const auto environment = [this](const std::string& name) {
            return variables.contains(name) ? variables.at(name) : std::string();
        };
        return read_registries_conf(environment, root);
    }
    std::string first_place(const std::string& image = "ghcr.io/me/x:1") const {
        return read().value().places_of(Reference::parse(image).value()).value().front().image.to_string();
    }
    std::string refused(const std::string& text) const {
        put(root / "etc/containers/registries.conf", text);
        const auto rules = read();
        REQUIRE_FALSE(rules);
        CHECK(rules.error().kind == ErrorKind::machine);
        return rules.error().message;
    }
};

std::string moved(const std::string& location) {
    return "[[registry]]\nprefix = 'ghcr.io'\nlocation = '" + location + "'\n";
}

}  // namespace

TEST_CASE("the first of three files counts, and folders of drop-ins after it") {
    Machine machine;
    CHECK(machine.first_place() == "ghcr.io/me/x:1");
    machine.put(machine.root / "etc/containers/registries.conf", moved("system.example"));
    CHECK(machine.first_place() == "system.example/me/x:1");
    machine.put(machine.home / ".config/containers/registries.conf", moved("own.example"));
    CHECK(machine.first_place() == "own.example/me/x:1");
    machine.put(machine.folder.path() / "chosen", moved("chosen.example"));
    machine.variables["CONTAINERS_REGISTRIES_CONF"] = machine.folder.path() / "chosen";
    CHECK(machine.first_place() == "chosen.example/me/x:1");
    machine.put(machine.root / "etc/containers/registries.conf.d/b.conf", moved("b.example"));
    machine.put(machine.root / "etc/containers/registries.conf.d/a.conf", moved("a.example"));
    machine.put(machine.root / "etc/containers/registries.conf.d/c.txt", moved("c.example"));
    CHECK(machine.first_place() == "b.example/me/x:1");
    machine.put(machine.home / ".config/containers/registries.conf.d/a.conf", moved("last.example"));
    CHECK(machine.first_place() == "last.example/me/x:1");
    machine.variables["CONTAINERS_REGISTRIES_CONF"] = machine.folder.path() / "missing";
    CHECK_FALSE(machine.read());
}

TEST_CASE("mirrors, their use, and keys that have no meaning here") {
    const Machine machine;
    machine.put(machine.root / "etc/containers/registries.conf", R"(
unqualified-search-registries = ["docker.io"]
short-name-mode = "enforcing"
[aliases]
"debian" = "docker.io/library/debian"
[[registry]]
location = "ghcr.io/"
insecure = true
unknown = [1, 2]
[[registry.mirror]]
location = "m.example/gh/"
insecure = true
pull-from-mirror = "digest-only"
[[registry.mirror]]
location = "n.example"
[[registry]]
prefix = "quay.io"
mirror-by-digest-only = true
[[registry.mirror]]
location = "q.example"
)");
    const auto rules = machine.read().value();
    const auto by_tag = rules.places_of(Reference::parse("ghcr.io/me/x:1").value()).value();
    REQUIRE(by_tag.size() == 2);
    CHECK(by_tag[0].image.host == "n.example");
    CHECK(by_tag[1].is_insecure);
    const auto by_digest =
        rules.places_of(Reference::parse("ghcr.io/me/x@sha256:" + std::string(64, 'a')).value()).value();
    REQUIRE(by_digest.size() == 3);
    CHECK(by_digest[0].image.repository == "gh/me/x");
    CHECK(by_digest[0].is_insecure);
    CHECK(rules.places_of(Reference::parse("quay.io/x:1").value()).value().size() == 1);
}

TEST_CASE("what is blocked is blocked in both forms of the file") {
    const Machine machine;
    machine.put(machine.root / "etc/containers/registries.conf", "[registries.block]\nregistries = ['bad.example']\n");
    machine.put(machine.root / "etc/containers/registries.conf.d/more.conf",
                "[[registry]]\nlocation = 'worse.example'\nblocked = true\n");
    const auto rules = machine.read().value();
    CHECK_FALSE(rules.check_allowed(Reference::parse("bad.example/x").value()));
    CHECK_FALSE(rules.check_allowed(Reference::parse("worse.example/x").value()));
    CHECK(rules.check_allowed(Reference::parse("ghcr.io/x").value()));
}

TEST_CASE("what is not understood is one error that names the file and the entry") {
    const Machine machine;
    const auto says = [&](const std::string& text, const std::string& what) {
        const std::string said = machine.refused(text);
        INFO(said);
        CHECK(said.find(what) != std::string::npos);
    };
    says("[[registry]]\nlocation = 'a.example'\n[[registry]]\nlocation = 5\n",
         "etc/containers/registries.conf', [[registry]] 2: location is no text");
    says("[[registry]]\nprefix = 'a.example'\nblocked = 'yes'\n", "blocked is neither true nor false");
    says("[[registry]]\nprefix = 'a.example'\n[[registry.mirror]]\ninsecure = 1\nlocation = 'b'\n",
         "[[registry.mirror]] 1: insecure is neither");
    says("[[registry]]\nprefix = 'a.example'\n[[registry.mirror]]\n", "it has no location");
    says("[[registry]]\nprefix = 'a.example'\n[[registry.mirror]]\nlocation = 'b'\npull-from-mirror = 'never'\n",
         "is 'never', and may be");
    says(
        "[[registry]]\nprefix = 'a.example'\nmirror-by-digest-only = true\n[[registry.mirror]]\nlocation = "
        "'b'\npull-from-mirror = 'all'\n",
        "says anew");
    says("[[registry]]\nlocation = 'https://a.example'\n", "must not have http:// or https://");
    says("[[registry]]\nblocked = true\n", "neither prefix nor location");
    says("[registry]\nlocation = 'a.example'\n", "expected tables");
    says("registry = [1]\n", "expected tables");
    says("[[registry]\n", "not valid TOML");
}
