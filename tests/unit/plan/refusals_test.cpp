// SPDX-License-Identifier: Apache-2.0
// What cannot work is refused while planning.
#include "planned_world.hpp"
#include "support/catch.hpp"

using namespace tmplbuild;

static std::string refusal(const std::string& text) {
    try {
        (void)PlannedWorld(text).plan();
    } catch (const BuildError& failed) {
        std::string out;
        for (const Error& error : failed.errors()) out += error.to_string() + "\n";
        return out;
    }
    return {};
}

TEST_CASE("a kernel that cannot work is refused while planning, with the way out") {
    const std::string gpu = refusal(replaced(planned_template, "\"A100\"", "\"B200\", \"MI300X\""));
    CHECK(gpu.find("does not serve the B200 (10.0)") != std::string::npos);
    CHECK(gpu.find("does not serve the MI300X: it has no CUDA") != std::string::npos);
    CHECK(gpu.find("t.toml:") != std::string::npos);
    const std::string old = refusal(replaced(planned_template, "[targets]\n", "[targets]\ncuda = \"12.8\"\n"));
    CHECK(old.find("compiler wheels begin with 13.0") != std::string::npos);
}

TEST_CASE("two kernels of one distribution, and a kernel of no venv, are refused with the template") {
    const std::string twins = refusal(planned_template + "[[kernels]]\nuse = \"plain-twin\"\n");
    CHECK(twins.find("the kernels 'plain' and 'plain-twin' are both the distribution 'Plain'") != std::string::npos);
    const std::string nowhere = refusal(planned_template + "venvs = [\"/opt/vemv\"]\n");
    CHECK(nowhere.find("belongs to the venv '/opt/vemv', which does not exist") != std::string::npos);
    CHECK(nowhere.find("'/opt/venv'") != std::string::npos);
}
