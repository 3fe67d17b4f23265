// SPDX-License-Identifier: Apache-2.0
#include "resolve/project_table.hpp"

#include "support/catch.hpp"

using namespace tmplbuild;
using Texts = std::vector<std::string>;

static std::optional<SdistMetadata> read(const std::string& text) {
    return read_project_table(text, "pyproject.toml").value();
}

TEST_CASE("a project's table says what a resolution needs") {
    const auto said = read(R"([build-system]
requires = ["setuptools"]
[project]
name = "Thing"
version = "1.0"
requires-python = ">=3.9"
dynamic = ["readme", "classifiers"]
dependencies = ["six>=1 ; python_version > '3'", "near @ https://files.invalid/near.whl"]
[project.optional-dependencies]
more = ["idna", "numpy<2 ; os_name == 'posix'"]
)");
    REQUIRE(said);
    CHECK(said->name == "Thing");
    CHECK(said->version == "1.0");
    CHECK(said->requires_python == ">=3.9");
    CHECK(said->extras == Texts{"more"});
    CHECK(said->requires_dist == Texts{"six>=1 ; python_version > '3'", "near @ https://files.invalid/near.whl",
                                       "idna ; extra == \"more\"",
                                       "numpy<2 ; (os_name == 'posix') and extra == \"more\""});
}

TEST_CASE("what a backend decides while it builds is asked of the backend") {
    for (const char* text : {
             "",
             "[tool.poetry]\nname = 'thing'\nversion = '1.0'\n",
             "[project]\nname = 'thing'\n",
             "[project]\nname = 'thing'\ndynamic = ['version']\n",
             "[project]\nname = 'thing'\nversion = '1.0'\ndynamic = ['dependencies']\n",
             "[project]\nname = 'thing'\nversion = '1.0'\ndynamic = ['optional-dependencies']\n",
             "[project]\nname = 'thing'\nversion = '1.0'\ndynamic = ['requires-python']\n",
             "[project]\nname = 'thing'\nversion = '1.0'\ndynamic = 'version'\n",
             "[project]\nname = '../thing'\nversion = '1.0'\n",
             "[project]\nname = 'thing'\nversion = '1.0'\ndependencies = 'six'\n",
             "[project]\nname = 'thing'\nversion = '1.0'\n[project.optional-dependencies]\nx = ['y @ "
             "https://f.invalid/y.whl']\n",
             "[project]\nname = 'thing'\nversion = '1.0'\n[project.optional-dependencies]\n'-x' = []\n",
         }) {
        INFO(text);
        CHECK_FALSE(read(text));
    }
    CHECK_FALSE(read_project_table("[project", "pyproject.toml"));
}
