// SPDX-License-Identifier: Apache-2.0
// A plan cut down to some of its steps: what is kept, what becomes a throwaway, and that no key moves.
#include "plan/narrow.hpp"

#include "planned_world.hpp"
#include "support/catch.hpp"

using namespace tmplbuild;

namespace {

std::vector<std::string> kept_of(const Plan& plan) {
    std::vector<std::string> out;
    for (const Step& step : plan.steps) out.push_back(step.id + (step.in_image ? "" : " (thrown away)"));
    return out;
}

}  // namespace

TEST_CASE("a step alone keeps its place and key, and what it needs is made only for it") {
    const Plan whole = PlannedWorld().plan();
    const std::string id = "kernel:plain:8.9";
    REQUIRE(whole.find(id));
    const Plan part = narrowed(whole, {id});
    const std::vector<std::string>& needs = whole.find(id)->needs;
    REQUIRE_FALSE(needs.empty());
    for (const Step& step : part.steps) {
        CHECK(step.in_image == (step.id == id));
        CHECK(step.key->digest() == whole.find(step.id)->key->digest());
        for (const std::string& need : step.needs) CHECK(part.find(need));
    }
    for (const std::string& need : needs) CHECK(part.find(need));
    CHECK(part.find("kernel:plain:8.0") == nullptr);
    CHECK(part.find("pod") == nullptr);
    CHECK(part.image.compression == whole.image.compression);
}

TEST_CASE("several steps come in the plan's order, each once, also where one needs another") {
    const Plan whole = PlannedWorld().plan();
    const Plan part = narrowed(whole, {"run:first", "base", "run:first"});
    CHECK(kept_of(part) ==
          std::vector<std::string>{"base", "apt:apt (thrown away)", "python:/opt/venv (thrown away)", "run:first"});
}

TEST_CASE("a step that the plan does not have is refused with those that it has") {
    const Plan whole = PlannedWorld().plan();
    try {
        (void)narrowed(whole, {"base", "kernel:plain:9.0"});
        FAIL("not refused");
    } catch (const BuildError& refused) {
        const Error& error = refused.errors().front();
        CHECK(error.kind == ErrorKind::usage);
        CHECK(error.message.find("'kernel:plain:9.0'") != std::string::npos);
        CHECK(error.hint.find("kernel:plain:8.9") != std::string::npos);
    }
}
