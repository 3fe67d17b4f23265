// SPDX-License-Identifier: Apache-2.0
// Which parts of a lock still hold when the template has changed, without a program or a network: both fail the test as
// soon as they are asked.
#include "engine/prepare.hpp"

#include "engine/local_facts.hpp"
#include "engine/python/prepare_python.hpp"
#include "support/catch.hpp"
#include "support/fake_http.hpp"
#include "support/locked_template.hpp"
#include "support/replaced.hpp"
#include "sys/file.hpp"
#include "template/parse.hpp"

using namespace tmplbuild;
namespace fs = std::filesystem;

namespace {

using Names = std::vector<std::string>;

struct NoPrograms : io::ProcessRunner {
    Names asked{};
    Result<io::ProcessResult> run(const io::Command& command, std::stop_token) override {
        asked.push_back(command.argv.front());
        return machine_error("the test starts no program");
    }
};

const std::string whole_template = R"(schema = 1
name = "test"
[base]
debian = { suite = "bookworm", packages = ["python3-venv"] }
[[layers]]
use = "apt"
name = "tools"
packages = ["jq"]
[[layers]]
use = "python"
venv = "/opt/venv"
requirements = ["numpy"]
[[layers]]
use = "git"
name = "source"
url = "https://example.invalid/source"
rev = "0123456789012345678901234567890123456789"
dest = "/opt/source"
)";

// A template beside the lock that it was given once.
struct LockedPlace {
    sys::TempDirectory folder = sys::TempDirectory::make(fs::temp_directory_path(), "prepare-test-").value();
    fs::path file = folder.path() / "template.toml";
    Store store = Store::open(folder.path() / "store").value();
    NoPrograms programs{};
    FakeHttp http{};
    SilentProgress progress{};

    LockedPlace() {
        const Template tmpl = read(whole_template);
        const LocalFacts facts = find_local_facts(tmpl, {}, store);
        REQUIRE(sys::write_file_atomic(lock_path(file), made_lock(tmpl, facts).to_text()));
    }
    Template read(const std::string& text) const {
        REQUIRE(sys::write_file_atomic(file, text));
        return parse_template_file(file, {});
    }
    // What the lock lacks for a template, found without asking anybody.
    Names missing(const std::string& text) {
        const Template tmpl = read(text);
        const Prepared prepared =
            prepare(tmpl, {.offline = true}, {store, programs, http, progress, std::stop_token()});
        CHECK(programs.asked.empty());
        CHECK(http.asked().empty());
        return prepared.missing;
    }
};

}  // namespace

TEST_CASE("a lock that was made for the template holds all of it, and nothing is asked or written") {
    LockedPlace place;
    const std::string before = sys::read_file(lock_path(place.file)).value();
    CHECK(place.missing(whole_template).empty());
    CHECK(sys::read_file(lock_path(place.file)).value() == before);
}

TEST_CASE("a change makes the part stale that it is about, and no other") {
    LockedPlace place;
    CHECK(place.missing(replaced(whole_template, "\"jq\"", "\"jq\", \"curl\"")) == Names{"apt:tools"});
    CHECK(place.missing(replaced(whole_template, "\"numpy\"", "\"numpy<2\"")) == Names{"python:/opt/venv"});
    CHECK(place.missing(replaced(whole_template, "source\"\nrev", "other\"\nrev")) ==
          Names{"git https://example.invalid/other"});
}

TEST_CASE("a Python that the base's suite does not have is refused before anybody is asked") {
    LockedPlace place;
    const std::string asked =
        replaced(whole_template, "venv = \"/opt/venv\"", "venv = \"/opt/venv\"\npython = \"3.13\"");
    try {
        place.missing(asked);
        FAIL("it was not refused");
    } catch (const BuildError& refused) {
        const Error& error = refused.errors().front();
        CHECK(error.kind == ErrorKind::usage);
        CHECK(error.message == "the venv '/opt/venv' is to have the Python 3.13, and Debian bookworm has 3.11");
        CHECK(error.hint.find("trixie has 3.13") != std::string::npos);
        REQUIRE(error.where);
        CHECK(error.where->line == 9);
    }
    // What another package could bring, or lies at a path, is seen when the base is made.
    for (const std::string& good :
         {replaced(asked, "\"python3-venv\"", "\"python3-venv\", \"python3.13-venv\""),
          replaced(asked, "\"3.13\"", "\"3.11\""), replaced(asked, "\"3.13\"", "\"/opt/python/bin/python3\"")})
        CHECK_NOTHROW(refuse_absent_interpreters(place.read(good)));
}

TEST_CASE("a wheel beside a recipe is refused, since the lock names files from the template's folder on") {
    LockedPlace place;
    const fs::path recipes = place.folder.path() / "shipped";
    REQUIRE(sys::write_file_atomic(recipes / "app/requirements.txt", "numpy\n./toy-1.0-py3-none-any.whl\n"));
    REQUIRE(sys::write_file_atomic(recipes / "app/toy-1.0-py3-none-any.whl", "a wheel"));
    REQUIRE(sys::write_file_atomic(recipes / "app/layer.toml", R"(schema = 1
kind = "layer"
name = "app"
[[layers]]
use = "files"
name = "lists"
[[layers.files]]
source = "requirements.txt"
dest = "/opt/app/requirements.txt"
[[layers]]
use = "python"
venv = "/opt/venv"
requirements_from = ["lists:requirements.txt"]
)"));
    const fs::path file = place.folder.path() / "other/template.toml";
    REQUIRE(sys::write_file_atomic(file, R"(schema = 1
name = "test"
[base]
debian = { suite = "bookworm", packages = ["python3-venv"] }
[[layers]]
use = "app"
)"));
    const Template tmpl = parse_template_file(file, {{}, recipes});
    try {
        prepare(tmpl, {.offline = true}, {place.store, place.programs, place.http, place.progress, std::stop_token()});
        FAIL("it was not refused");
    } catch (const BuildError& refused) {
        CHECK(refused.errors().front().message == "'./toy-1.0-py3-none-any.whl' is a file beside a recipe");
        CHECK(refused.errors().front().hint.find("the template's folder") != std::string::npos);
    }
}

TEST_CASE("what a template no longer asks for is no part that is missing") {
    LockedPlace place;
    const std::size_t git = whole_template.find("[[layers]]\nuse = \"git\"");
    CHECK(place.missing(whole_template.substr(0, git)).empty());
}
