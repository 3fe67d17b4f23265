// SPDX-License-Identifier: Apache-2.0
// What the plan tells a pod: its kernels, what compiles them there, what keeps its torch where it is.
#include <algorithm>

#include "planned_world.hpp"
#include "support/catch.hpp"

using namespace tmplbuild;
using Ids = std::vector<std::string>;

TEST_CASE("pod.json says how to compile each arch, under the key that the build would give it") {
    const PlannedWorld world;
    const Plan plan = world.plan();
    const auto& spec = std::get<PodSpecStep>(plan.find("pod")->spec);
    REQUIRE(spec.pod.kernels.size() == 1);
    const pod::Kernel& kernel = spec.pod.kernels[0];
    REQUIRE(kernel.archs.size() == 2);
    CHECK(kernel.archs[0].arch == "80");
    CHECK(kernel.archs[1].arch == "89");
    CHECK(kernel.archs[1].key == world.key("kernel:plain:8.9").to_string());
    CHECK(kernel.archs[1].environment.at("TORCH_CUDA_ARCH_LIST") == "{arch}");
    REQUIRE(kernel.capabilities.size() == 3);
    CHECK(kernel.capabilities[1].capability == "8.6");
    CHECK(kernel.capabilities[1].arch == "80");
    CHECK(kernel.capabilities[1].modules == Ids{"plain.so"});
    CHECK(kernel.distribution == "plain");
    CHECK(kernel.source.directory == "/opt/tmplbuild/kernels/plain/source");
    REQUIRE(kernel.build.toolchain.size() == 1);
    CHECK(kernel.build.toolchain[0].project == "nvidia-cuda-nvcc");
    CHECK(kernel.build.toolchain[0].sha256 == Sha256::of("nvidia-cuda-nvcc13.0.88").hex());
    CHECK(kernel.build.timeout_seconds == 1800);
    CHECK(spec.pod.cuda == "13.0");
    CHECK(spec.pod.minimum_driver == "580.0");
    CHECK(spec.constraints.empty());  // no torch, nothing to hold
    // A targets list that leaves an arch out names it all the same.
    PlannedWorld fewer;
    fewer.tmpl.targets.gpus.resize(1);
    const Plan smaller = fewer.plan();
    const auto& other = std::get<PodSpecStep>(smaller.find("pod")->spec);
    CHECK(other.pod.kernels[0].archs == kernel.archs);
}

TEST_CASE("a kernel that no pod compiles brings no compiler, source or wheels") {
    PlannedWorld world;
    world.tmpl.kernels[0].install = pod::InstallMode::prebuilt;
    CHECK(pod_compiler(world.tmpl).empty());
    world.lock.base->request = base_request(world.tmpl, world.facts);
    const Plan plan = world.plan();
    CHECK(plan.find("kernel-files:plain") == nullptr);
    const auto& kernel = std::get<PodSpecStep>(plan.find("pod")->spec).pod.kernels[0];
    CHECK(kernel.install == pod::InstallMode::prebuilt);
    CHECK(kernel.build == pod::KernelBuild{});
    CHECK(kernel.source == pod::KernelSource{});
    const Ids with = base_packages(PlannedWorld().tmpl), without = base_packages(world.tmpl);
    CHECK(std::find(with.begin(), with.end(), "g++") != with.end());
    CHECK(without == Ids{"python3-venv"});
}

TEST_CASE("constraints hold torch and what is bound to it, where the venvs agree") {
    PlannedWorld world;
    auto& first = world.lock.venvs[0].distributions;
    for (const auto& [name, version] :
         {std::pair{"torch", "2.11.0"}, {"nvidia-cuda-runtime", "13.0.96"}, {"triton", "3.6.0"}})
        first.push_back(made_wheel(name, version));
    LockedVenv second = world.lock.venvs[0];
    second.venv = "/opt/other";
    second.distributions.back() = made_wheel("triton", "3.5.0");
    world.lock.venvs.push_back(second);
    const Plan plan = world.plan();
    const auto& spec = std::get<PodSpecStep>(plan.find("pod")->spec);
    CHECK(spec.pod.constraints == "/opt/tmplbuild/constraints.txt");
    CHECK(spec.constraints.substr(0, 2) == "# ");
    CHECK(spec.constraints.find("\nnvidia-cuda-runtime==13.0.96\ntorch==2.11.0\n") != std::string::npos);
    CHECK(spec.constraints.find("triton==") == std::string::npos);
    CHECK(spec.constraints.find("numpy") == std::string::npos);
}

TEST_CASE("a kernel that is switched off is neither compiled nor in the image, and services may name it") {
    const PlannedWorld world(replaced(planned_template, "use = \"plain\"\n",
                                      "use = \"plain\"\ninstall = \"off\"\n[[services]]\nname = \"app\"\ncommand = "
                                      "[\"app\"]\nuses_kernels = [\"plain\"]\n"));
    const Plan plan = world.plan();
    CHECK(plan.gpus.empty());
    CHECK(plan.find("kernel:plain:8.9") == nullptr);
    CHECK(plan.find("apt:kernel-tools") == nullptr);
    const auto& pod = std::get<PodSpecStep>(plan.find("pod")->spec).pod;
    REQUIRE(pod.kernels.size() == 1);
    CHECK(pod.kernels[0].install == pod::InstallMode::off);
    CHECK(pod.kernels[0].env_var == "INSTALL_PLAIN");
}

TEST_CASE("pod.json names the wheels of the compile and the fallback") {
    const PlannedWorld world = torch_world();
    const Plan plan = world.plan();
    const pod::Kernel& kernel = std::get<PodSpecStep>(plan.find("pod")->spec).pod.kernels[0];
    REQUIRE(kernel.build.requirements.size() == 1);
    CHECK(kernel.build.requirements[0].project == "ninja");
    CHECK(kernel.fallback.distribution == "plain");
    CHECK(kernel.fallback.version == "0.9");
    CHECK(kernel.fallback.capabilities == Ids{"8.6"});
    CHECK(kernel.fallback.directory.starts_with("/opt/tmplbuild/kernels/plain/fallback-"));
    CHECK(kernel.python.venv == "/opt/venv");
    CHECK(plan.find("kernel:plain:8.9")->needs == Ids{"base", "apt:apt", "apt:kernel-tools", "python:/opt/venv"});
    // What a recipe asks for is locked again when it asks for something else, or when torch moves under a fallback.
    const BaseContract& contract = world.lock.base->contract;
    const Digest request = kernel_request(kernel_requests(world.tmpl).at(0), contract, world.lock);
    PlannedWorld other = torch_world();
    other.lock.venvs[0].distributions[1] = made_wheel("torch", "2.12.0");
    CHECK(kernel_request(kernel_requests(other.tmpl).at(0), contract, other.lock) != request);
}
