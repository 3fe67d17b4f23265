// SPDX-License-Identifier: Apache-2.0
// A template with a layer of most kinds and a kernel, its lock and the facts beside it: what tests of the plan change.
#pragma once

#include <string>
#include <vector>

#include "plan/plan.hpp"
#include "support/locked_template.hpp"
#include "support/replaced.hpp"
#include "template/parse.hpp"

namespace tmplbuild {

inline const std::string planned_template = R"(schema = 1
name = "test"
[base]
debian = { suite = "bookworm", packages = ["python3-venv"] }
[targets]
gpus = ["RTX 4090", "RTX 3090", "A100"]
[[layers]]
use = "apt"
packages = ["jq"]
[[layers]]
use = "python"
venv = "/opt/venv"
requirements = ["numpy"]
[[layers]]
use = "run"
name = "first"
command = ["true"]
[[layers]]
use = "run"
name = "alone"
after = []
command = ["true"]
[[kernels]]
use = "plain"
)";

struct PlannedWorld {
    Template tmpl;
    Lock lock;
    LocalFacts facts;

    explicit PlannedWorld(const std::string& text = planned_template)
        : tmpl(parse_template(text, "t.toml", {{}, std::string(TEST_DATA) + "/fakes/recipes"})) {
        facts.runtime = {{"opt/tmplbuild/launcher", {}, Sha256::of("launcher")}};
        for (const KernelUse& use : tmpl.kernels) facts.kernels[use.name] = Sha256::of("source of " + use.name);
        lock = made_lock(tmpl, facts);
    }
    Plan plan() const { return make_plan(tmpl, lock, facts); }
    Digest key(const std::string& step) const { return plan().find(step)->key->digest(); }
};

// A recipe for torch with everything that decides a byte of its variants.
inline PlannedWorld torch_world() {
    PlannedWorld world;
    KernelRecipe& recipe = world.tmpl.kernels[0].recipe;
    recipe.needs_torch = true;
    recipe.build_requirements = {"ninja"};
    recipe.fallback = {{"plain==0.9"}, {kernel::Capability{8, 6}}};
    for (const auto& [name, version] : {std::pair{"torch", "2.11.0"}, {"nvidia-cuda-runtime", "13.0.96"}})
        world.lock.venvs[0].distributions.push_back(made_wheel(name, version));
    world.lock.kernels = {{"plain", {}, {made_wheel("ninja", "1.13.0")}, {made_wheel("plain", "0.9")}}};
    return world;
}

}  // namespace tmplbuild
