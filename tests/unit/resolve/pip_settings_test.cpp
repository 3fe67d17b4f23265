// SPDX-License-Identifier: Apache-2.0
#include "resolve/pip_settings.hpp"

#include <map>

#include "support/catch.hpp"
#include "sys/file.hpp"

using namespace tmplbuild;
namespace fs = std::filesystem;

namespace {

// A machine of its own: files and variables.
struct Machine {
    sys::TempDirectory folder = sys::TempDirectory::make(fs::temp_directory_path(), "pip-test-").value();
    fs::path root = folder.path();
    std::map<std::string, std::string> variables = {{"HOME", (root / "home").string()}};

    void file(const std::string& path, const std::string& text) const {
        REQUIRE(sys::write_file_atomic(root / path, text));
    }
    Result<PipSettings> read() const {
        return read_pip_settings(
            [this](const std::string& name) {
                const auto at = variables.find(name);
                return at == variables.end() ? "" : at->second;
            },
            root);
    }
};

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("a machine without settings has none") {
    const PipSettings settings = Machine().read().value();
    CHECK(settings.default_index.empty());
    CHECK(settings.more_indexes.empty());
    CHECK_FALSE(settings.index_strategy);
    CHECK(settings.find_links.empty());
    CHECK(settings.ca_file.empty());
    CHECK_FALSE(settings.no_index);
}

TEST_CASE("pip's files are read in pip's order") {
    Machine machine;
    machine.file("etc/pip.conf", "# a comment\n[global]\nindex-url = https://a.test/simple\ncert: /etc/a.pem\n");
    CHECK(machine.read().value().default_index == "https://a.test/simple");
    CHECK(machine.read().value().ca_file == "/etc/a.pem");
    machine.file("home/.pip/pip.conf", "[global]\nindex_url = https://b.test/simple\n");
    CHECK(machine.read().value().default_index == "https://b.test/simple");
    machine.file("home/.config/pip/pip.conf",
                 "[download]\nindex-url = https://no.test\n[install]\nindex-url = https://c2.test\n[global]\nindex-url "
                 "= https://c.test\n");
    CHECK(machine.read().value().default_index == "https://c2.test");
    CHECK(machine.read().value().ca_file == "/etc/a.pem");
    machine.file("venv/pip.conf", "[global]\nindex-url = https://v.test\n");
    machine.variables["VIRTUAL_ENV"] = machine.root / "venv";
    CHECK(machine.read().value().default_index == "https://v.test");
    machine.file("own.conf", "[global]\nindex-url = https://d.test\nno-index = true\n");
    machine.variables["PIP_CONFIG_FILE"] = machine.root / "own.conf";
    CHECK(machine.read().value().default_index == "https://d.test");
    CHECK(machine.read().value().no_index);
    machine.variables["PIP_INDEX_URL"] = "https://e.test";
    machine.variables["PIP_NO_INDEX"] = "0";
    CHECK(machine.read().value().default_index == "https://e.test");
    CHECK_FALSE(machine.read().value().no_index);
    machine.variables["UV_INDEX_URL"] = "https://f.test";
    CHECK(machine.read().value().default_index == "https://f.test");
    machine.variables["UV_DEFAULT_INDEX"] = "mine=https://g.test/?a=b";
    CHECK(machine.read().value().default_index == "https://g.test/?a=b");
}

TEST_CASE("PIP_CONFIG_FILE=/dev/null leaves all files out, another one the user's") {
    Machine machine;
    machine.file("etc/pip.conf", "[global]\nindex-url = https://a.test\n");
    machine.file("home/.config/pip/pip.conf", "[global]\nindex-url = https://b.test\ncert = /b.pem\n");
    machine.file("own.conf", "[global]\ncert = /own.pem\n");
    machine.variables["PIP_CONFIG_FILE"] = machine.root / "own.conf";
    CHECK(machine.read().value().default_index == "https://a.test");
    CHECK(machine.read().value().ca_file == "/own.pem");
    machine.variables["PIP_CONFIG_FILE"] = "/dev/null";
    CHECK(machine.read().value().default_index.empty());
}

TEST_CASE("several indexes count as pip counts them, unless uv is told otherwise") {
    Machine machine;
    machine.file("etc/pip.conf",
                 "[global]\nextra-index-url =\n    https://a.test\n    https://b.test # not a comment\n");
    CHECK(machine.read().value().more_indexes == Texts{"https://a.test", "https://b.test", "#", "not", "a", "comment"});
    machine.variables["PIP_EXTRA_INDEX_URL"] = "https://c.test https://d.test";
    CHECK(machine.read().value().more_indexes == Texts{"https://c.test", "https://d.test"});
    CHECK(machine.read().value().index_strategy == IndexStrategy::unsafe_best_match);
    machine.variables["UV_INDEX"] = "torch=https://e.test";
    CHECK(machine.read().value().more_indexes == Texts{"https://e.test"});
    CHECK_FALSE(machine.read().value().index_strategy);
    machine.variables["UV_INDEX_STRATEGY"] = "first-index";
    CHECK(machine.read().value().index_strategy == IndexStrategy::first_index);
    machine.variables["UV_INDEX_STRATEGY"] = "best";
    const auto wrong = machine.read();
    REQUIRE_FALSE(wrong);
    CHECK(wrong.error().message == "the environment variable UV_INDEX_STRATEGY is \"best\", which uv does not know");
    CHECK(wrong.error().hint == "set it to one of first-index, unsafe-first-match, unsafe-best-match, or unset it");
}

TEST_CASE("find-links keeps pages and the folders that are there") {
    Machine machine;
    machine.file("wheels/x", "");
    machine.file("home/more/x", "");
    const std::string wheels = machine.root / "wheels";
    machine.variables["PIP_FIND_LINKS"] = wheels + " /no/such/folder https://a.test/page ~/more file://" + wheels;
    CHECK(machine.read().value().find_links ==
          Texts{wheels, "https://a.test/page", (machine.root / "home/more").string(), wheels});
    machine.variables["UV_FIND_LINKS"] = "https://b.test/page," + wheels;
    CHECK(machine.read().value().find_links == Texts{"https://b.test/page", wheels});
}

TEST_CASE("a host is trusted by name, with or without a port") {
    Machine machine;
    machine.variables["PIP_TRUSTED_HOST"] = "a.test B.test:8443";
    const PipSettings settings = machine.read().value();
    CHECK(settings.trusts("https://a.test/simple"));
    CHECK(settings.trusts("https://me:word@A.test:99/simple"));
    CHECK(settings.trusts("https://b.test:8443/"));
    CHECK_FALSE(settings.trusts("https://b.test/"));
    CHECK_FALSE(settings.trusts("https://not-a.test/"));
}

TEST_CASE("an index's user goes to its own host alone") {
    PipSettings settings;
    settings.default_index = "https://me:w%40rd@a.test:8443/simple";
    CHECK(settings.with_user("https://A.test:8443/files/x.whl") == "https://me:w%40rd@a.test:8443/files/x.whl");
    CHECK(settings.with_user("https://a.test/files/x.whl") == "https://a.test/files/x.whl");
    CHECK(settings.with_user("http://a.test:8443/x") == "http://a.test:8443/x");
    CHECK(settings.with_user("https://you@a.test:8443/x") == "https://you@a.test:8443/x");
    CHECK(settings.with_user("/some/folder/x.whl") == "/some/folder/x.whl");
}

TEST_CASE("a file that is no configuration is an error with its place") {
    Machine machine;
    machine.file("etc/pip.conf", "[global]\nindex-url = https://a.test\nnonsense\n");
    auto read = machine.read();
    REQUIRE_FALSE(read);
    CHECK(read.error().kind == ErrorKind::machine);
    CHECK(read.error().where->line == 3);
}
