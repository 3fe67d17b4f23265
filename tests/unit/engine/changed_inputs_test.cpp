// SPDX-License-Identifier: Apache-2.0
// Files beside a template that somebody changes while its lock is made: the lock never holds some of the old and some
// of the new. Without a network, a sandbox or a tool.
#include "online_place.hpp"
#include "support/replaced.hpp"

using namespace tmplbuild;

namespace {

std::string with_list() {
    return replaced(online_template, "requirements = [\"numpy\"]\n",
                    R"(requirements_from = ["lists:requirements.txt"]
[[layers]]
use = "files"
name = "lists"
source = "requirements.txt"
dest = "/opt/requirements.txt"
)");
}

// A place where a file is written anew as soon as apt is asked for a step's packages: after the template's files were
// looked at, before anything is asked of an index.
struct ChangingPlace : OnlinePlace {
    ChangingPlace(const std::string& name, const std::string& before, const std::string& after) {
        offer("scipy", "1.0");
        write(name, before);
        tools.during = [this, name, after](const std::string& line) {
            if (line == "apt jq") write(name, after);
        };
    }
    void write(const std::string& name, const std::string& text) const {
        REQUIRE(sys::write_file_atomic(folder.path() / name, text));
    }
};

bool asks(const std::vector<std::string>& log, const std::string& line) {
    return std::find(log.begin(), log.end(), line) != log.end();
}

}  // namespace

TEST_CASE("a requirements file that changes while a lock is made is locked as it was read at first") {
    ChangingPlace place("requirements.txt", "numpy\n", "scipy\n");
    CHECK(asks(place.lock(with_list()), "uv numpy pip"));
    const LockedVenv before = place.parsed().venvs.at(0);
    // What it says by now is another request.
    place.tools.during = {};
    CHECK(asks(place.lock(with_list()), "uv pip scipy"));
    CHECK(place.parsed().venvs.at(0).request != before.request);
    place.write("requirements.txt", "numpy\n");
    (void)place.lock(with_list());
    CHECK(place.parsed().venvs.at(0) == before);
}

TEST_CASE("a file that another requirements file names is read once too") {
    ChangingPlace place("more.txt", "numpy\n", "scipy\n");
    place.write("requirements.txt", "-r more.txt\n");
    CHECK(asks(place.lock(with_list()), "uv numpy pip"));
}

TEST_CASE("a wheel or a folder of sources that changes while a lock is made is refused by name") {
    {
        ChangingPlace place("toy-1.0-py3-none-any.whl", "a wheel", "another wheel");
        place.write("requirements.txt", "./toy-1.0-py3-none-any.whl\n");
        const Error error = place.failure({}, with_list());
        CHECK(error.message == "'toy-1.0-py3-none-any.whl' changed while the lock was made");
        CHECK(error.hint == "lock again when nothing writes into it");
        REQUIRE(error.where);
        CHECK(error.where->to_string() == "requirements.txt:1");
        CHECK(place.locked().empty());
    }
    ChangingPlace place("toy/toy.py", "one = 1\n", "two = 2\n");
    place.write("requirements.txt", "./toy\n");
    CHECK(place.failure({}, with_list()).message == "'toy' changed while the lock was made");
}
