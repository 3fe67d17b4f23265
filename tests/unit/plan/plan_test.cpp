// SPDX-License-Identifier: Apache-2.0
#include "plan/plan.hpp"

#include <algorithm>
#include <filesystem>

#include "plan/requests.hpp"
#include "support/catch.hpp"
#include "template/parse.hpp"

using namespace tmplbuild;

namespace {

const std::string recipe_folder = std::string(TEST_DATA) + "/fakes/recipes";

std::string whole() {
    return R"(schema = 1
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
}

Digest digest(const std::string& text) { return Sha256::of(text); }

struct World {
    Template tmpl;
    Lock lock;
    LocalFacts facts;

    explicit World(const std::string& text = whole()) : tmpl(parse_template(text, "t.toml", {{}, recipe_folder})) {
        facts.runtime = {{"opt/tmplbuild/launcher", {}, digest("launcher")}};
        for (const KernelUse& use : tmpl.kernels) facts.kernels[use.name] = digest("source of " + use.name);
        lock.base = LockedBase{
            "debian", base_request(tmpl, facts), "bookworm", {package("libc6", "2.36")}, {digest("base")}, {}};
        lock.base->contract.distribution = "debian 12";
        lock.base->contract.glibc = "2.36";
        lock.base->contract.python = PythonFacts{"/usr/bin/python3", "/usr/bin/python3.11",
                                                 "3.11.2",           "cpython-311-x86_64-linux-gnu",
                                                 "cpython-311",      "a70d0d0a"};
        for (const AptRequest& request : apt_requests(tmpl))
            lock.apts.push_back(
                {request.step, {}, {package(request.step == kernel_tools_step ? "g++-12" : "jq", "1")}});
        for (const VenvRequest& request : venv_requests(tmpl))
            lock.venvs.push_back({request.venv, {}, {wheel("numpy", "2.0")}, {}});
        lock.toolchain = LockedToolchain{"cuda-wheels", "13.0", {}, {wheel("nvidia-cuda-nvcc", "13.0.88")}};
    }
    static LockedPackage package(const std::string& name, const std::string& version) {
        return {name, version, "amd64", name + ".deb", digest(name + version), 1000};
    }
    static LockedDistribution wheel(const std::string& name, const std::string& version) {
        return {name, version, name + ".whl", digest(name + version), 1000, 0};
    }
    Plan plan() const { return make_plan(tmpl, lock, facts); }
    Digest key(const std::string& step) const { return plan().find(step)->key->digest(); }
};

using Ids = std::vector<std::string>;

}  // namespace

TEST_CASE("steps stand on what their commands must see") {
    const Plan plan = World().plan();
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
    const World world;
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

TEST_CASE("each GPU of the targets has its variant, and GPUs of one arch share it") {
    const Plan plan = World().plan();
    REQUIRE(plan.gpus.size() == 3);
    std::map<std::string, std::string> served;
    for (const PlannedGpu& gpu : plan.gpus) served[gpu.target.label] = gpu.step;
    CHECK(served == std::map<std::string, std::string>{{"RTX 4090", "kernel:plain:8.9"},
                                                       {"RTX 3090", "kernel:plain:8.0"},
                                                       {"A100", "kernel:plain:8.0"}});
}

TEST_CASE("a variant's key changes with what compiles it and with nothing else") {
    const World before;
    const std::string step = "kernel:plain:8.9";
    const Digest key = before.key(step);
    auto with = [&](auto change) {
        World world;
        change(world);
        return world.key(step);
    };
    // Nothing of this is in the compile.
    CHECK(with([](World& w) { w.tmpl.name = "other"; }) == key);
    CHECK(with([](World& w) { w.lock.base->diff_ids = {digest("another base")}; }) == key);
    CHECK(with([](World& w) { w.lock.base->contract.folders.folders["srv"] = {0700, 1, 1}; }) == key);
    CHECK(with([](World& w) { w.lock.venvs[0].distributions.push_back(World::wheel("pandas", "2")); }) == key);
    CHECK(with([](World& w) { w.tmpl.targets.gpus.erase(w.tmpl.targets.gpus.begin() + 1); }) == key);
    CHECK(with([](World& w) { w.tmpl.services.clear(); }) == key);
    CHECK(with([](World& w) { w.facts.runtime[0].content = digest("newer"); }) == key);
    CHECK(with([](World& w) { w.tmpl.kernels[0].install = pod::InstallMode::prebuilt; }) == key);
    // Whose list a package comes from is no part of it, nor whether two lists have it.
    CHECK(with([](World& w) {
              w.lock.base->packages.push_back(w.lock.apts[1].packages[0]);
              w.lock.apts[1].packages.clear();
          }) == key);
    CHECK(with([](World& w) { w.lock.base->packages.push_back(w.lock.apts[1].packages[0]); }) == key);
    // All of this is.
    CHECK(with([](World& w) { w.facts.kernels["plain"] = digest("changed source"); }) != key);
    CHECK(with([](World& w) { w.lock.toolchain->wheels[0] = World::wheel("nvidia-cuda-nvcc", "13.0.99"); }) != key);
    CHECK(with([](World& w) { w.lock.apts[1].packages[0] = World::package("g++-12", "12.9"); }) != key);
    CHECK(with([](World& w) { w.lock.base->packages.push_back(World::package("zlib1g-dev", "1.2")); }) != key);
    CHECK(with([](World& w) { w.lock.base->packages[0] = World::package("libc6", "2.36-9"); }) != key);
    CHECK(with([](World& w) { w.lock.apts[0].packages[0] = World::package("jq", "2"); }) != key);
    CHECK(with([](World& w) { w.tmpl.kernels[0].recipe.command.emplace_back("-O1"); }) != key);
    CHECK(with([](World& w) { w.tmpl.kernels[0].recipe.environment["FLAG"] = "1"; }) != key);
    CHECK(with([](World& w) { w.lock.base->contract.glibc = "2.41"; }) != key);
    CHECK(with([](World& w) { w.lock.base->contract.folders.symlinks["opt"] = "srv/opt"; }) != key);
    CHECK(with([](World& w) { w.facts.patches["plain"] = {digest("a patch")}; }) != key);
}

TEST_CASE("pod.json says how to compile each arch, under the key that the build would give it") {
    const World world;
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
    CHECK(kernel.build.toolchain[0].sha256 == digest("nvidia-cuda-nvcc13.0.88").hex());
    CHECK(kernel.build.timeout_seconds == 1800);
    CHECK(spec.pod.cuda == "13.0");
    CHECK(spec.pod.minimum_driver == "580.0");
    CHECK(spec.constraints.empty());  // no torch, nothing to hold
    // A targets list that leaves an arch out names it all the same.
    World fewer;
    fewer.tmpl.targets.gpus.resize(1);
    const Plan smaller = fewer.plan();
    const auto& other = std::get<PodSpecStep>(smaller.find("pod")->spec);
    CHECK(other.pod.kernels[0].archs == kernel.archs);
}

TEST_CASE("a kernel that no pod compiles brings no compiler, source or wheels") {
    World world;
    world.tmpl.kernels[0].install = pod::InstallMode::prebuilt;
    CHECK(pod_compiler(world.tmpl).empty());
    world.lock.base->request = base_request(world.tmpl, world.facts);
    const Plan plan = world.plan();
    CHECK(plan.find("kernel-files:plain") == nullptr);
    const auto& kernel = std::get<PodSpecStep>(plan.find("pod")->spec).pod.kernels[0];
    CHECK(kernel.install == pod::InstallMode::prebuilt);
    CHECK(kernel.build == pod::KernelBuild{});
    CHECK(kernel.source == pod::KernelSource{});
    const Ids with = base_packages(World().tmpl), without = base_packages(world.tmpl);
    CHECK(std::find(with.begin(), with.end(), "g++") != with.end());
    CHECK(without == Ids{"python3-venv"});
}

TEST_CASE("constraints hold torch and what is bound to it, where the venvs agree") {
    World world;
    auto& first = world.lock.venvs[0].distributions;
    for (const auto& [name, version] :
         {std::pair{"torch", "2.11.0"}, {"nvidia-cuda-runtime", "13.0.96"}, {"triton", "3.6.0"}})
        first.push_back(World::wheel(name, version));
    LockedVenv second = world.lock.venvs[0];
    second.venv = "/opt/other";
    second.distributions.back() = World::wheel("triton", "3.5.0");
    world.lock.venvs.push_back(second);
    const Plan plan = world.plan();
    const auto& spec = std::get<PodSpecStep>(plan.find("pod")->spec);
    CHECK(spec.pod.constraints == "/opt/tmplbuild/constraints.txt");
    CHECK(spec.constraints.substr(0, 2) == "# ");
    CHECK(spec.constraints.find("\nnvidia-cuda-runtime==13.0.96\ntorch==2.11.0\n") != std::string::npos);
    CHECK(spec.constraints.find("triton==") == std::string::npos);
    CHECK(spec.constraints.find("numpy") == std::string::npos);
}

TEST_CASE("a venv is a layer for each of its groups, and packages that the base has are none") {
    World world;
    CHECK(world.plan().find("python:/opt/venv")->least_layers == 1);
    world.lock.venvs[0].distributions.push_back(World::wheel("torch", "2.11.0"));
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
    const Plan plan = World().plan();
    const Step& step = *plan.find("kernel:plain:8.9");
    CHECK(step.estimated_memory == World().tmpl.kernels[0].recipe.memory_bytes);
    CHECK(step.siblings == Ids{"kernel:plain:8.0", "kernel:plain:8.9"});
    CHECK(plan.find("run:first")->estimated_memory == 0);
}

TEST_CASE("what a lock lacks leaves steps unresolved, with the reason") {
    World world;
    world.lock = {};
    const Plan plan = world.plan();
    for (const Step& step : plan.steps) {
        CHECK_FALSE(step.key.has_value());
        CHECK_FALSE(step.unresolved.empty());
    }
}

static std::string refusal(const std::string& text) {
    try {
        (void)World(text).plan();
    } catch (const BuildError& failed) {
        std::string out;
        for (const Error& error : failed.errors()) out += error.to_string() + "\n";
        return out;
    }
    return {};
}

static std::string replaced(std::string text, const std::string& from, const std::string& to) {
    return text.replace(text.find(from), from.size(), to);
}

TEST_CASE("a kernel that cannot work is refused while planning, with the way out") {
    const std::string gpu = refusal(replaced(whole(), "\"A100\"", "\"B200\", \"MI300X\""));
    CHECK(gpu.find("does not serve the B200 (10.0)") != std::string::npos);
    CHECK(gpu.find("does not serve the MI300X: it has no CUDA") != std::string::npos);
    CHECK(gpu.find("t.toml:") != std::string::npos);
    const std::string old = refusal(replaced(whole(), "[targets]\n", "[targets]\ncuda = \"12.8\"\n"));
    CHECK(old.find("compiler wheels begin with 13.0") != std::string::npos);
}

TEST_CASE("two kernels of one distribution, and a kernel of no venv, are refused with the template") {
    const std::string twins = refusal(whole() + "[[kernels]]\nuse = \"plain-twin\"\n");
    CHECK(twins.find("the kernels 'plain' and 'plain-twin' are both the distribution 'Plain'") != std::string::npos);
    const std::string nowhere = refusal(whole() + "venvs = [\"/opt/vemv\"]\n");
    CHECK(nowhere.find("belongs to the venv '/opt/vemv', which does not exist") != std::string::npos);
    CHECK(nowhere.find("'/opt/venv'") != std::string::npos);
}

// A recipe for torch with everything that decides a byte of its variants.
static World torch_world() {
    World world;
    KernelRecipe& recipe = world.tmpl.kernels[0].recipe;
    recipe.needs_torch = true;
    recipe.build_requirements = {"ninja"};
    recipe.fallback = {{"plain==0.9"}, {kernel::Capability{8, 6}}};
    for (const auto& [name, version] : {std::pair{"torch", "2.11.0"}, {"nvidia-cuda-runtime", "13.0.96"}})
        world.lock.venvs[0].distributions.push_back(World::wheel(name, version));
    world.lock.kernels = {{"plain", {}, {World::wheel("ninja", "1.13.0")}, {World::wheel("plain", "0.9")}}};
    return world;
}

TEST_CASE("a torch kernel is compiled again for another torch, Python or build package, and for nothing else") {
    const std::string step = "kernel:plain:8.9";
    const Digest key = torch_world().key(step);
    auto with = [&](auto change) {
        World world = torch_world();
        change(world);
        return world.key(step);
    };
    // Of the venv the compile sees torch with what belongs to it, and what the recipe asks for.
    CHECK(with([](World& w) { w.lock.venvs[0].distributions.push_back(World::wheel("jupyterlab", "4.4")); }) == key);
    CHECK(with([](World& w) { w.lock.venvs[0].distributions[1].group = 3; }) == key);
    CHECK(with([](World& w) { w.lock.kernels[0].fallback[0] = World::wheel("plain", "0.8"); }) == key);
    CHECK(with([](World& w) { w.lock.base->contract.python->version = "3.11.9"; }) == key);
    CHECK(with([](World& w) { w.tmpl.kernels[0].recipe.minutes = 99; }) == key);
    CHECK(with([](World& w) { w.tmpl.kernels[0].recipe.runtime_needs = {"cc"}; }) == key);

    CHECK(with([](World& w) { w.lock.venvs[0].distributions[0] = World::wheel("numpy", "2.1"); }) != key);
    CHECK(with([](World& w) { w.lock.venvs[0].distributions[2] = World::wheel("nvidia-cuda-runtime", "13.0.99"); }) !=
          key);
    CHECK(with([](World& w) {
              w.lock.venvs[0].distributions.push_back(World::wheel("cython", "3.0"));
              w.lock.kernels[0].requirements.push_back(World::wheel("cython", "3.0"));
          }) != key);
    CHECK(with([](World& w) { w.lock.venvs[0].distributions[1] = World::wheel("torch", "2.11.1"); }) != key);
    CHECK(with([](World& w) { w.lock.venvs[0].distributions[1].sha256 = digest("another build of it"); }) != key);
    CHECK(with([](World& w) { w.lock.base->contract.python->soabi = "cpython-312-x86_64-linux-gnu"; }) != key);
    CHECK(with([](World& w) { w.lock.kernels[0].requirements[0] = World::wheel("ninja", "1.14.0"); }) != key);
    CHECK(with([](World& w) { w.tmpl.kernels[0].recipe.driver_stub = true; }) != key);
    CHECK(with([](World& w) { w.tmpl.kernels[0].recipe.archs[2].environment["FLAG"] = "1"; }) != key);
    // A variant of its own is not touched by what stands at another's entry.
    CHECK(with([](World& w) { w.tmpl.kernels[0].recipe.archs[0].environment["FLAG"] = "1"; }) == key);
}

TEST_CASE("a compile sees the venv's own torch, and of the venv nothing that its key does not name") {
    World world = torch_world();
    auto& venv = world.lock.venvs[0].distributions;
    venv.push_back(World::wheel("cython", "3.0"));
    venv.push_back(World::wheel("jupyterlab", "4.4"));
    world.lock.kernels[0].requirements = {World::wheel("torch", "2.11.0"), World::wheel("cython", "3.0"),
                                          World::wheel("cmake", "4.0")};
    const Plan plan = world.plan();
    const auto& spec = std::get<KernelSpec>(plan.find("kernel:plain:8.9")->spec);
    REQUIRE(spec.requirements.size() == 1);  // what the venv has is not brought a second time
    CHECK(spec.requirements[0].name == "cmake");
    CHECK(spec.venv_hidden == Ids{"jupyterlab"});
    // A build tool of another version than the venv's stands in the place of that.
    world.lock.kernels[0].requirements[1] = World::wheel("cython", "3.1");
    const Plan other = world.plan();
    const auto& tools = std::get<KernelSpec>(other.find("kernel:plain:8.9")->spec);
    REQUIRE(tools.requirements.size() == 2);
    CHECK(tools.requirements[0].version == "3.1");
    CHECK(tools.venv_hidden == Ids{"cython", "jupyterlab"});
    // Before the venv on Python's path it would be what the extension is compiled against.
    world.lock.kernels[0].requirements[0] = World::wheel("torch", "2.15.0");
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
    const auto kernels_of = [](const World& world, const std::string& venv) {
        const Plan plan = world.plan();
        return std::get<PythonSpec>(plan.find("python:" + venv)->spec).kernels;
    };
    const auto second = [](const std::string& text, const char* name, const char* version) {
        World world = torch_world();
        Template other = parse_template(text, "t.toml", {{}, recipe_folder});
        world.tmpl.layers = other.layers;
        LockedVenv venv{"/opt/tools", {}, {World::wheel("six", "1.17"), World::wheel(name, version)}, {}};
        world.lock.venvs.push_back(venv);
        return world;
    };
    const std::string text = replaced(whole(), "[[kernels]]",
                                      "[[layers]]\nuse = \"python\"\nname = \"tools\"\nvenv = \"/opt/tools\"\n"
                                      "requirements = [\"six\"]\n[[kernels]]");
    const World tools = second(text, "rich", "1");
    CHECK(kernels_of(tools, "/opt/venv") == Ids{"plain"});
    CHECK(kernels_of(tools, "/opt/tools").empty());
    const Plan plan = tools.plan();
    const auto& pod = std::get<PodSpecStep>(plan.find("pod")->spec).pod;
    REQUIRE(pod.kernels[0].python.venvs.size() == 1);
    CHECK(pod.kernels[0].python.venvs[0].directory == "/opt/venv");
    // The same torch sees it as well, another one does not.
    CHECK(kernels_of(second(text, "torch", "2.11.0"), "/opt/tools") == Ids{"plain"});
    CHECK(kernels_of(second(text, "torch", "2.10.0"), "/opt/tools").empty());
    World named = tools;
    named.tmpl.kernels[0].venvs = {"/opt/tools"};
    try {
        (void)named.plan();
        FAIL("a venv without torch is not refused");
    } catch (const BuildError& failed) {
        CHECK(failed.errors().front().message.find("no torch is in /opt/tools") != std::string::npos);
    }
    // A kernel that needs no torch is everywhere, unless it says otherwise.
    World plain(text);
    plain.lock.venvs.resize(1);
    plain.lock.venvs.push_back({"/opt/tools", {}, {World::wheel("six", "1.17")}, {}});
    CHECK(kernels_of(plain, "/opt/tools") == Ids{"plain"});
    plain.tmpl.kernels[0].venvs = {"/opt/venv"};
    CHECK(kernels_of(plain, "/opt/tools").empty());
}

TEST_CASE("a kernel that is switched off is neither compiled nor in the image, and services may name it") {
    const World world(replaced(whole(), "use = \"plain\"\n",
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
    const World world = torch_world();
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
    World other = torch_world();
    other.lock.venvs[0].distributions[1] = World::wheel("torch", "2.12.0");
    CHECK(kernel_request(kernel_requests(other.tmpl).at(0), contract, other.lock) != request);
}
