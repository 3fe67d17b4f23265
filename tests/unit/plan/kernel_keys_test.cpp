// SPDX-License-Identifier: Apache-2.0
// What a compile of a kernel sees, and so what moves a variant's key; and whose venvs see the kernel.
#include <algorithm>

#include "plan/requests.hpp"
#include "planned_world.hpp"
#include "support/catch.hpp"

using namespace tmplbuild;
using Ids = std::vector<std::string>;

TEST_CASE("a variant's key changes with what compiles it and with nothing else") {
    const PlannedWorld before;
    const std::string step = "kernel:plain:8.9";
    const Digest key = before.key(step);
    auto with = [&](auto change) {
        PlannedWorld world;
        change(world);
        return world.key(step);
    };
    // Nothing of this is in the compile.
    CHECK(with([](PlannedWorld& w) { w.tmpl.name = "other"; }) == key);
    CHECK(with([](PlannedWorld& w) { w.lock.base->diff_ids = {Sha256::of("another base")}; }) == key);
    CHECK(with([](PlannedWorld& w) { w.lock.base->contract.folders.folders["srv"] = {0700, 1, 1}; }) == key);
    CHECK(with([](PlannedWorld& w) { w.lock.venvs[0].distributions.push_back(made_wheel("pandas", "2")); }) == key);
    CHECK(with([](PlannedWorld& w) { w.tmpl.targets.gpus.erase(w.tmpl.targets.gpus.begin() + 1); }) == key);
    CHECK(with([](PlannedWorld& w) { w.tmpl.services.clear(); }) == key);
    CHECK(with([](PlannedWorld& w) { w.facts.runtime[0].content = Sha256::of("newer"); }) == key);
    CHECK(with([](PlannedWorld& w) { w.tmpl.kernels[0].install = pod::InstallMode::prebuilt; }) == key);
    // Whose list a package comes from is no part of it, nor whether two lists have it.
    CHECK(with([](PlannedWorld& w) {
              w.lock.base->packages.push_back(w.lock.apts[1].packages[0]);
              w.lock.apts[1].packages.clear();
          }) == key);
    CHECK(with([](PlannedWorld& w) { w.lock.base->packages.push_back(w.lock.apts[1].packages[0]); }) == key);
    // All of this is.
    CHECK(with([](PlannedWorld& w) { w.facts.kernels["plain"] = Sha256::of("changed source"); }) != key);
    CHECK(with([](PlannedWorld& w) { w.lock.toolchain->wheels[0] = made_wheel("nvidia-cuda-nvcc", "13.0.99"); }) !=
          key);
    CHECK(with([](PlannedWorld& w) { w.lock.apts[1].packages[0] = made_package("g++-12", "12.9"); }) != key);
    CHECK(with([](PlannedWorld& w) { w.lock.base->packages.push_back(made_package("zlib1g-dev", "1.2")); }) != key);
    CHECK(with([](PlannedWorld& w) { w.lock.base->packages[0] = made_package("libc6", "2.36-9"); }) != key);
    CHECK(with([](PlannedWorld& w) { w.lock.apts[0].packages[0] = made_package("jq", "2"); }) != key);
    CHECK(with([](PlannedWorld& w) { w.tmpl.kernels[0].recipe.command.emplace_back("-O1"); }) != key);
    CHECK(with([](PlannedWorld& w) { w.tmpl.kernels[0].recipe.environment["FLAG"] = "1"; }) != key);
    CHECK(with([](PlannedWorld& w) { w.lock.base->contract.glibc = "2.41"; }) != key);
    CHECK(with([](PlannedWorld& w) { w.lock.base->contract.folders.symlinks["opt"] = "srv/opt"; }) != key);
    CHECK(with([](PlannedWorld& w) { w.facts.patches["plain"] = {Sha256::of("a patch")}; }) != key);
}

TEST_CASE("a torch kernel is compiled again for another torch, Python or build package, and for nothing else") {
    const std::string step = "kernel:plain:8.9";
    const Digest key = torch_world().key(step);
    auto with = [&](auto change) {
        PlannedWorld world = torch_world();
        change(world);
        return world.key(step);
    };
    // Of the venv the compile sees torch with what belongs to it, and what the recipe asks for.
    CHECK(with([](PlannedWorld& w) { w.lock.venvs[0].distributions.push_back(made_wheel("jupyterlab", "4.4")); }) ==
          key);
    CHECK(with([](PlannedWorld& w) { w.lock.venvs[0].distributions[1].group = 3; }) == key);
    CHECK(with([](PlannedWorld& w) { w.lock.kernels[0].fallback[0] = made_wheel("plain", "0.8"); }) == key);
    CHECK(with([](PlannedWorld& w) { w.lock.base->contract.python->version = "3.11.9"; }) == key);
    CHECK(with([](PlannedWorld& w) { w.tmpl.kernels[0].recipe.minutes = 99; }) == key);
    CHECK(with([](PlannedWorld& w) { w.tmpl.kernels[0].recipe.runtime_needs = {"cc"}; }) == key);

    CHECK(with([](PlannedWorld& w) { w.lock.venvs[0].distributions[0] = made_wheel("numpy", "2.1"); }) != key);
    CHECK(with([](PlannedWorld& w) {
              w.lock.venvs[0].distributions[2] = made_wheel("nvidia-cuda-runtime", "13.0.99");
          }) != key);
    CHECK(with([](PlannedWorld& w) {
              w.lock.venvs[0].distributions.push_back(made_wheel("cython", "3.0"));
              w.lock.kernels[0].requirements.push_back(made_wheel("cython", "3.0"));
          }) != key);
    CHECK(with([](PlannedWorld& w) { w.lock.venvs[0].distributions[1] = made_wheel("torch", "2.11.1"); }) != key);
    CHECK(with([](PlannedWorld& w) { w.lock.venvs[0].distributions[1].sha256 = Sha256::of("another build of it"); }) !=
          key);
    CHECK(with([](PlannedWorld& w) { w.lock.base->contract.python->soabi = "cpython-312-x86_64-linux-gnu"; }) != key);
    CHECK(with([](PlannedWorld& w) { w.lock.kernels[0].requirements[0] = made_wheel("ninja", "1.14.0"); }) != key);
    CHECK(with([](PlannedWorld& w) { w.tmpl.kernels[0].recipe.driver_stub = true; }) != key);
    CHECK(with([](PlannedWorld& w) { w.tmpl.kernels[0].recipe.archs[2].environment["FLAG"] = "1"; }) != key);
    // A variant of its own is not touched by what stands at another's entry.
    CHECK(with([](PlannedWorld& w) { w.tmpl.kernels[0].recipe.archs[0].environment["FLAG"] = "1"; }) == key);
}

TEST_CASE("a compile sees the venv's own torch, and of the venv nothing that its key does not name") {
    PlannedWorld world = torch_world();
    auto& venv = world.lock.venvs[0].distributions;
    venv.push_back(made_wheel("cython", "3.0"));
    venv.push_back(made_wheel("jupyterlab", "4.4"));
    world.lock.kernels[0].requirements = {made_wheel("torch", "2.11.0"), made_wheel("cython", "3.0"),
                                          made_wheel("cmake", "4.0")};
    const Plan plan = world.plan();
    const auto& spec = std::get<KernelSpec>(plan.find("kernel:plain:8.9")->spec);
    REQUIRE(spec.requirements.size() == 1);  // what the venv has is not brought a second time
    CHECK(spec.requirements[0].name == "cmake");
    CHECK(spec.venv_hidden == Ids{"jupyterlab"});
    // A build tool of another version than the venv's stands in the place of that.
    world.lock.kernels[0].requirements[1] = made_wheel("cython", "3.1");
    const Plan other = world.plan();
    const auto& tools = std::get<KernelSpec>(other.find("kernel:plain:8.9")->spec);
    REQUIRE(tools.requirements.size() == 2);
    CHECK(tools.requirements[0].version == "3.1");
    CHECK(tools.venv_hidden == Ids{"cython", "jupyterlab"});
    // Before the venv on Python's path it would be what the extension is compiled against.
    world.lock.kernels[0].requirements[0] = made_wheel("torch", "2.15.0");
    try {
        (void)world.plan();
        FAIL("a second torch is not refused");
    } catch (const BuildError& failed) {
        CHECK(failed.errors().front().message ==
              "the kernel 'plain' cannot be compiled: its compile would see torch 2.15.0, and the venv '/opt/venv' has "
              "2.11.0");
        CHECK(failed.errors().front().hint.find("--update kernel:plain") != std::string::npos);
    }
}

TEST_CASE("a kernel belongs to the venvs that it names, or that have its torch") {
    const auto kernels_of = [](const PlannedWorld& world, const std::string& venv) {
        const Plan plan = world.plan();
        return std::get<PythonSpec>(plan.find("python:" + venv)->spec).kernels;
    };
    const auto second = [](const std::string& text, const char* name, const char* version) {
        PlannedWorld world = torch_world();
        Template other = parse_template(text, "t.toml", {{}, std::string(TEST_DATA) + "/fakes/recipes"});
        world.tmpl.layers = other.layers;
        LockedVenv venv{"/opt/tools", {}, {made_wheel("six", "1.17"), made_wheel(name, version)}, {}};
        world.lock.venvs.push_back(venv);
        return world;
    };
    const std::string text = replaced(planned_template, "[[kernels]]",
                                      "[[layers]]\nuse = \"python\"\nname = \"tools\"\nvenv = \"/opt/tools\"\n"
                                      "requirements = [\"six\"]\n[[kernels]]");
    const PlannedWorld tools = second(text, "rich", "1");
    CHECK(kernels_of(tools, "/opt/venv") == Ids{"plain"});
    CHECK(kernels_of(tools, "/opt/tools").empty());
    const Plan plan = tools.plan();
    const auto& pod = std::get<PodSpecStep>(plan.find("pod")->spec).pod;
    REQUIRE(pod.kernels[0].python.venvs.size() == 1);
    CHECK(pod.kernels[0].python.venvs[0].directory == "/opt/venv");
    // The same torch sees it as well, another one does not.
    CHECK(kernels_of(second(text, "torch", "2.11.0"), "/opt/tools") == Ids{"plain"});
    CHECK(kernels_of(second(text, "torch", "2.10.0"), "/opt/tools").empty());
    PlannedWorld named = tools;
    named.tmpl.kernels[0].venvs = {"/opt/tools"};
    try {
        (void)named.plan();
        FAIL("a venv without torch is not refused");
    } catch (const BuildError& failed) {
        CHECK(failed.errors().front().message.find("no torch is in /opt/tools") != std::string::npos);
    }
    // A kernel that needs no torch is everywhere, unless it says otherwise.
    PlannedWorld plain(text);
    plain.lock.venvs.resize(1);
    plain.lock.venvs.push_back({"/opt/tools", {}, {made_wheel("six", "1.17")}, {}});
    CHECK(kernels_of(plain, "/opt/tools") == Ids{"plain"});
    plain.tmpl.kernels[0].venvs = {"/opt/venv"};
    CHECK(kernels_of(plain, "/opt/tools").empty());
}

TEST_CASE("an sdist is unresolved until it is locked, and then its variants' keys name its hash") {
    const std::string step = "kernel:plain:8.9";
    PlannedWorld world;
    KernelRecipe& recipe = world.tmpl.kernels[0].recipe;
    recipe.source_folder = {};
    recipe.sdist_project = "flash-attn";
    recipe.sdist_version = "2.8.3";
    world.facts.kernels.clear();
    CHECK_FALSE(world.plan().find(step)->key);
    CHECK(world.plan().find(step)->unresolved == "the sdist of its source is not locked yet");
    CHECK(world.plan().find("kernel-files:plain")->unresolved == "the sdist of its source is not locked yet");
    world.lock.kernels = {{"plain", {}}};
    world.lock.kernels[0].sdist =
        LockedDistribution{"flash-attn", "2.8.3", "flash_attn-2.8.3.tar.gz", Sha256::of("sdist"), 5};
    const Digest key = world.key(step);
    const Plan plan = world.plan();
    CHECK(std::get<KernelSpec>(plan.find(step)->spec).sdist == std::vector{*world.lock.kernels[0].sdist});
    CHECK(std::get<KernelFilesSpec>(plan.find("kernel-files:plain")->spec).with_source);
    // The same archive by its address is the same source.
    PlannedWorld archive = world;
    KernelRecipe& by_address = archive.tmpl.kernels[0].recipe;
    by_address.sdist_project.clear();
    by_address.archive_url = "https://example.invalid/f.tar.gz";
    by_address.archive_sha256 = Sha256::of("sdist").hex();
    by_address.archive_strip = 1;
    CHECK(archive.key(step) == key);
    world.lock.kernels[0].sdist->sha256 = Sha256::of("another");
    CHECK(world.key(step) != key);
    // Asked for in the lock, and anew for another version.
    const auto requests = kernel_requests(world.tmpl);
    REQUIRE(requests.size() == 1);
    const Digest request = kernel_request(requests[0], world.lock.base->contract, world.lock);
    recipe.sdist_version = "2.8.4";
    CHECK(kernel_request(kernel_requests(world.tmpl)[0], world.lock.base->contract, world.lock) != request);
}
