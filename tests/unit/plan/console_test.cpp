// SPDX-License-Identifier: Apache-2.0
// The console and the gateway in the plan: which services they stand before, and what an image without them lacks.
#include <algorithm>

#include "planned_world.hpp"
#include "support/catch.hpp"

using namespace tmplbuild;

namespace {

const std::string with_services = planned_template + R"([[services]]
name = "web"
command = ["web", "{host}", "{port}"]
port = 41000
[[services]]
name = "other"
command = ["other"]
port = 8188
origin = "rewrite"
[[services]]
name = "ssh"
command = ["ssh"]
port = 22
public = true
[[services]]
name = "worker"
command = ["worker"]
)";

PlannedWorld world_of(const std::string& text) {
    PlannedWorld world(text);
    for (const char* path : {"gateway/nginx", "gateway/libc.so.6", "console/tmplbuild-console",
                             "download/tmplbuild-download", "gpu/gpu-probe"})
        world.facts.runtime.push_back(
            {std::string("opt/tmplbuild/") + path, std::string("/build/") + path, Sha256::of(path)});
    world.lock = made_lock(world.tmpl, world.facts);
    return world;
}

const PodSpecStep& pod_of(const Plan& plan) { return std::get<PodSpecStep>(plan.find("pod")->spec); }

const pod::Service& service_of(const Plan& plan, const std::string& name) {
    const auto& services = pod_of(plan).pod.services;
    const auto found =
        std::find_if(services.begin(), services.end(), [&](const auto& one) { return one.name == name; });
    REQUIRE(found != services.end());
    return *found;
}

}  // namespace

TEST_CASE("services stand behind the gateway, on private ports that nobody asked for") {
    const Plan plan = world_of(with_services).plan();
    const pod::PodSpec& pod = pod_of(plan).pod;
    CHECK(pod.console_port == 8765);
    CHECK(pod.services[0].name == "gateway");
    CHECK(pod.services[1].name == "console");
    CHECK(service_of(plan, "web").private_port == 41001);  // 41000 is somebody's public one
    CHECK(service_of(plan, "other").private_port == 41002);
    CHECK(service_of(plan, "web").host == "127.0.0.1");
    CHECK(service_of(plan, "ssh").private_port == 0);
    CHECK(service_of(plan, "ssh").host == "0.0.0.0");
    CHECK(service_of(plan, "worker").private_port == 0);
    CHECK(plan.image.exposed_ports == std::vector<std::uint16_t>{8765, 41000, 8188, 22});
    CHECK(pod_of(plan).gateway_bundle == "/build/gateway");
}

TEST_CASE("an image without the console has neither it nor the gateway") {
    const PlannedWorld world = world_of(planned_template + "[console]\nenabled = false\n");
    const Plan plan = world.plan();
    CHECK(pod_of(plan).pod.console_port == 0);
    CHECK(pod_of(plan).pod.services.empty());
    CHECK(pod_of(plan).gateway_bundle.empty());
    CHECK(plan.image.exposed_ports.empty());
    std::vector<std::string> programs;
    for (const RuntimeProgram& program : std::get<RuntimeSpec>(plan.find("runtime")->spec).programs)
        programs.push_back(program.path);
    CHECK(programs == std::vector<std::string>{"opt/tmplbuild/launcher", "opt/tmplbuild/gpu/gpu-probe"});
    const PlannedWorld with = world_of(planned_template);
    CHECK(std::get<RuntimeSpec>(with.plan().find("runtime")->spec).programs.size() == 6);
}

TEST_CASE("another configuration of the gateway makes another layer") {
    const PlannedWorld world = world_of(with_services);
    const CanonicalKey key = *world.plan().find("pod")->key;
    PlannedWorld other = world_of(with_services);
    other.tmpl.console_port = 8000;
    CHECK(other.plan().find("pod")->key->digest() != key.digest());
    // It is named by itself, so that another release's gateway makes another layer from the same pod.json.
    CHECK(json::canonical(key.to_json()).find("\"gateway\"") != std::string::npos);
}
