// SPDX-License-Identifier: Apache-2.0
#include "cli/plan_graph.hpp"

#include "io/process.hpp"
#include "support/catch.hpp"

using namespace tmplbuild;
using cli::PlanRow;

static Step step(const std::string& id, const std::string& summary, std::vector<std::string> needs) {
    Step out{.id = id, .summary = summary, .spec = FilesSpec{}, .needs = std::move(needs)};
    return out;
}

TEST_CASE("Graphviz reads a plan as it is meant, whatever its names hold") {
    Plan plan;
    plan.name = "odd \"name\"";
    plan.steps = {step("base", "Debian \\ bookworm", {}), step("apt:tools", "", {"base"}),
                  step("kernel:k:8.9", "a \"quoted\"\nsummary", {"base", "apt:tools"})};
    plan.steps[1].in_image = false;
    plan.gpus.push_back(
        {"k", kernel::parse_target("RTX 4090").value(), kernel::Arch::parse("8.9").value(), {}, "kernel:k:8.9"});
    std::vector<PlanRow> rows{{.step = &plan.steps[0], .hit = true, .bytes = 1000},
                              {.step = &plan.steps[1], .why = "x changed"},
                              {.step = &plan.steps[2]}};
    const std::string text = cli::plan_graph(plan, rows);

    io::SystemProcessRunner processes;
    const auto drawn = processes.run_checked({.argv = {"dot", "-Tsvg"}, .stdin_text = text}, {}, "dot").value();
    auto shows = [&](const char* words) { return drawn.out.find(words) != std::string::npos; };
    CHECK(shows("<title>base&#45;&gt;apt:tools</title>"));
    CHECK(shows("<title>apt:tools&#45;&gt;kernel:k:8.9</title>"));
    CHECK(shows("Debian \\ bookworm</text>"));
    CHECK(shows("a &quot;quoted&quot; summary</text>"));
    CHECK(shows("for RTX 4090</text>"));
    CHECK(shows("unresolved (x changed)</text>"));
    CHECK(shows("hit, 1.0 kB</text>"));
}
