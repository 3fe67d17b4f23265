// SPDX-License-Identifier: Apache-2.0
#include "base/python_text.hpp"

#include "support/catch.hpp"

using namespace tmplbuild;

TEST_CASE("a plain assignment of Python gives its text") {
    const std::string file =
        "from typing import Optional\n\n__all__ = ['__version__', 'debug']\n__version__ = '2.11.0+cu130'\n"
        "cuda: Optional[str] = \"13.0\"\ngit_version = 'abc'\ndebug = False\nversion_info = 'no'\nopen = '\n";
    CHECK(assigned_text(file, "__version__") == "2.11.0+cu130");
    CHECK(assigned_text(file, "cuda") == "13.0");
    CHECK(assigned_text(file, "git_version") == "abc");
    for (const char* name : {"debug", "version", "open", "none", "git"}) {
        INFO(name);
        CHECK(assigned_text(file, name).empty());
    }
}

TEST_CASE("final zeros and the letters' case make no other version") {
    CHECK(plain_version("1.0.0") == "1");
    CHECK(plain_version(" 2.8.0+CU128 ") == "2.8.0+cu128");
    CHECK(plain_version("10") == "10");
    CHECK(plain_version("1.0.10") == "1.0.10");
}
