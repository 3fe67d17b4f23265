// SPDX-License-Identifier: Apache-2.0
#include "engine/sandbox/runc_version.hpp"

#include <tuple>
#include <vector>

#include "support/catch.hpp"

using namespace tmplbuild;

TEST_CASE("a runc that lacks the fixes of November 2025 is told by its version") {
    const std::vector<std::tuple<std::string, bool>> table = {
        {"1.0.0~rc93+ds1", true}, {"1.0.0-rc93", true},  {"1.1.5+ds1", true},  {"1.1.15", true},
        {"1.2.7", true},          {"1.2.8", false},      {"1.2.10", false},    {"1.3.0-rc.1", true},
        {"1.3.2", true},          {"1.3.3", false},      {"1.3.3+ds1", false}, {"1.4.0-rc.1", true},
        {"1.4.0-rc.2", true},     {"1.4.0-rc.3", false}, {"1.4.0~rc3", false}, {"1.4.0", false},
        {"1.5.1", false},         {"2.0.0", false},      {"1.2.8-rc.1", true}, {"", false},
        {"unknown", false},       {"1.1", false},
    };
    for (const auto& [version, is_open] : table) {
        INFO(version);
        const auto told = open_breakouts("runc version " + version + "\ncommit: x\nspec: 1.0.2-dev\n", "");
        CHECK(told.has_value() == is_open);
        if (told) CHECK(told->starts_with("runc " + version + " lacks"));
    }
    CHECK_FALSE(open_breakouts("crun version 1.8", ""));
}

TEST_CASE("what a distribution mended in an older runc counts when all of it is named") {
    const std::string version = "runc version 1.1.5+ds1\ncommit: 1.1.5+ds1-1+deb12u2\n";
    CHECK_FALSE(open_breakouts(version, "  * CVE-2025-31133, CVE-2025-52565\n  * CVE-2025-52881\n"));
    CHECK(open_breakouts(version, "  * CVE-2025-31133 CVE-2025-52565\n  * CVE-2024-21626\n"));
}
