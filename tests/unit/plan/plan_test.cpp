// SPDX-License-Identifier: Apache-2.0
// Which steps a template makes, what they stand on, and what is known of them.
#include "plan/plan.hpp"

#include "plan/requests.hpp"
#include "planned_world.hpp"
#include "support/catch.hpp"

using namespace tmplbuild;
using Ids = std::vector<std::string>;

TEST_CASE("steps stand on what their commands must see") {
    const Plan plan = PlannedWorld().plan();
    Ids ids;
    for (const Step& step : plan.steps) ids.push_back(step.id);
    CHECK(ids == Ids{"base", "apt:apt", "python:/opt/venv", "run:first", "run:alone", "apt:kernel-tools",
                     "kernel:plain:8.0", "kernel:plain:8.9", "kernel-files:plain", "runtime", "pod"});
    CHECK(plan.find("apt:apt")->needs == Ids{"base"});
    CHECK(plan.find("run:first")->needs == Ids{"base", "apt:apt", "python:/opt/venv"});
    CHECK(plan.find("run:alone")->needs == Ids{"base"});
    // What a compile sees: the base, the template's packages, the compilers.
    CHECK(plan.find("kernel:plain:8.9")->needs == Ids{"base", "apt:apt", "apt:kernel-tools"});
    CHECK(plan.find("apt:kernel-tools")->needs == Ids{"base", "apt:apt"});
    CHECK_FALSE(plan.find("apt:kernel-tools")->in_image);
    CHECK(plan.find("pod")->needs == Ids{"kernel:plain:8.0", "kernel:plain:8.9"});
    for (const Step& step : plan.steps) CHECK(step.key.has_value());
}

TEST_CASE("the base planned alone has the key that it has in the whole plan, made or not") {
    const PlannedWorld world;
    const Plan plan = make_plan(world.tmpl, world.lock, world.facts);
    Lock not_made = world.lock;
    not_made.base->contract = {};
    not_made.base->diff_ids.clear();
    for (const Lock* lock : std::initializer_list<const Lock*>{&world.lock, &not_made}) {
        const Step base = plan_base(world.tmpl, *lock, world.facts);
        REQUIRE(base.key);
        CHECK(base.key->digest() == plan.steps.front().key->digest());
    }
    CHECK(plan_base(world.tmpl, {}, world.facts).unresolved == "its packages are not locked yet");
}

TEST_CASE("a base from a registry has the key of what the lock pins, whatever its tag means") {
    PlannedWorld world;
    world.tmpl.base = ImageBase{Reference::parse("ghcr.io/me/base:1").value()};
    CHECK(plan_base(world.tmpl, world.lock, world.facts).unresolved == "its digest is not locked yet");
    world.lock.base->kind = "image";
    world.lock.base->packages.clear();
    world.lock.base->image = Sha256::of("manifest");
    world.lock.base->diff_ids = {Sha256::of("one"), Sha256::of("two")};
    world.lock.base->request = base_request(world.tmpl, world.facts);
    const auto key_of = [](const PlannedWorld& of) {
        const Step base = plan_base(of.tmpl, of.lock, of.facts);
        CHECK(base.least_layers == 2);
        return base.key.value().digest();
    };
    const Digest key = key_of(world);
    // Another registry or tag is looked up again; the same image from there needs not be pulled again.
    PlannedWorld moved = world;
    moved.tmpl.base = ImageBase{Reference::parse("ghcr.io/me/base:2").value()};
    CHECK(plan_base(moved.tmpl, moved.lock, moved.facts).unresolved == "its digest is not locked yet");
    moved.lock.base->request = base_request(moved.tmpl, moved.facts);
    CHECK(key_of(moved) == key);
    world.lock.base->image = Sha256::of("another manifest");
    CHECK(key_of(world) != key);
}

TEST_CASE("each GPU of the targets has its variant, and GPUs of one arch share it") {
    const Plan plan = PlannedWorld().plan();
    REQUIRE(plan.gpus.size() == 3);
    std::map<std::string, std::string> served;
    for (const PlannedGpu& gpu : plan.gpus) served[gpu.target.label] = gpu.step;
    CHECK(served == std::map<std::string, std::string>{{"RTX 4090", "kernel:plain:8.9"},
                                                       {"RTX 3090", "kernel:plain:8.0"},
                                                       {"A100", "kernel:plain:8.0"}});
}

TEST_CASE("a venv is a layer for each of its groups, and packages that the base has are none") {
    PlannedWorld world;
    CHECK(world.plan().find("python:/opt/venv")->least_layers == 1);
    world.lock.venvs[0].distributions.push_back(made_wheel("torch", "2.11.0"));
    world.lock.venvs[0].distributions.back().group = 3;
    world.lock.apts[0].packages.clear();
    const Plan plan = world.plan();
    CHECK(plan.find("python:/opt/venv")->least_layers == 2);
    CHECK(plan.find("apt:apt")->least_layers == 0);
    CHECK(plan.find("apt:kernel-tools")->least_layers == 1);
    world.facts.base_layers = 7;  // of an image that somebody made
    CHECK(plan_base(world.tmpl, world.lock, world.facts).least_layers == 7);
}

TEST_CASE("a variant that was never built here is estimated by all that its kernel was ever compiled for") {
    const Plan plan = PlannedWorld().plan();
    const Step& step = *plan.find("kernel:plain:8.9");
    CHECK(step.estimated_memory == PlannedWorld().tmpl.kernels[0].recipe.memory_bytes);
    CHECK(step.siblings == Ids{"kernel:plain:8.0", "kernel:plain:8.9"});
    CHECK(plan.find("run:first")->estimated_memory == 0);
}

TEST_CASE("what a lock lacks leaves steps unresolved, with the reason") {
    PlannedWorld world;
    world.lock = {};
    const Plan plan = world.plan();
    for (const Step& step : plan.steps) {
        CHECK_FALSE(step.key.has_value());
        CHECK_FALSE(step.unresolved.empty());
    }
}
