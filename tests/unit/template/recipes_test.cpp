// SPDX-License-Identifier: Apache-2.0
// The recipes that come with the project: a template that uses them is accepted, and they bring what they say.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "support/catch.hpp"
#include "template/parse.hpp"

using namespace tmplbuild;
namespace fs = std::filesystem;

static Template parsed(const std::string& more) {
    const std::string head = "schema = 1\nname = \"x\"\n[base]\ndebian = { suite = \"bookworm\" }\n";
    return parse_template(head + more, fs::path(PROJECT_ROOT) / "examples/quickstart/t.toml",
                          {{}, fs::path(PROJECT_ROOT) / "layers"});
}

static const pod::Service& service(const Template& tmpl, const std::string& name) {
    const auto found = std::find_if(tmpl.services.begin(), tmpl.services.end(),
                                    [&](const TemplateService& one) { return one.service.name == name; });
    REQUIRE(found != tmpl.services.end());
    return found->service;
}

TEST_CASE("the jupyterlab recipe brings a venv, a service and its token") {
    const Template tmpl = parsed("[[layers]]\nuse = \"jupyterlab\"\n");
    const pod::Service& lab = service(tmpl, "jupyterlab");
    CHECK(lab.port == std::uint16_t{8888});
    CHECK(lab.command.front() == "/opt/venv/bin/python");
    REQUIRE(lab.generated_secrets.size() == 1);
    CHECK(lab.generated_secrets[0].variable == "JUPYTER_TOKEN");
    CHECK(lab.generated_secrets[0].from == "JUPYTER_PASSWORD");
    CHECK(lab.ready.kind == pod::Probe::Kind::http);
    CHECK(lab.ready.http == "/api");
    CHECK_FALSE(lab.is_public);  // behind the gateway's login
}

TEST_CASE("its parameters reach the layer and the service") {
    const Template tmpl = parsed(
        "[[layers]]\nuse = \"jupyterlab\"\nvenv = \"/opt/lab\"\nversion = \"==4.5.0\"\nport = 9999\nroot = "
        "\"/data\"\n");
    const pod::Service& lab = service(tmpl, "jupyterlab");
    CHECK(lab.port == std::uint16_t{9999});
    CHECK(lab.command.front() == "/opt/lab/bin/python");
    CHECK(lab.environment.at("POD_JUPYTER_ROOT") == "/data");
    const auto& python = std::get<PythonLayer>(tmpl.layers.at(0).body);
    CHECK(python.venv == "/opt/lab");
    CHECK(python.requirements == std::vector<std::string>{"jupyterlab==4.5.0"});
}

TEST_CASE("the sshd recipe brings the package, scripts that can be run, and a service of its own") {
    const Template tmpl = parsed("[[layers]]\nuse = \"sshd\"\nport = 2222\n");
    const auto& packages = std::get<DebianBase>(tmpl.base).packages;
    CHECK(std::find(packages.begin(), packages.end(), "openssh-server") != packages.end());
    const pod::Service& sshd = service(tmpl, "sshd");
    CHECK(sshd.port == std::uint16_t{2222});
    CHECK(sshd.is_public);  // SSH is not HTTP
    CHECK(sshd.restart.policy == pod::Restart::Policy::on_failure);
    for (const FileItem& item : std::get<FilesLayer>(tmpl.layers.at(0).body).items) {
        CHECK(item.mode == 0755U);
        CHECK(fs::is_regular_file(item.source));
    }
}

TEST_CASE("the example kernel's table") {
    const Template tmpl = parsed("[[kernels]]\nuse = \"./int8-attention\"\n");
    REQUIRE(tmpl.kernels.size() == 1);
    const KernelRecipe& recipe = tmpl.kernels[0].recipe;
    REQUIRE(recipe.arch_for({9, 0}) != nullptr);
    CHECK(recipe.arch_for({9, 0})->to_string() == "sm_90a");
    CHECK(recipe.arch_for({8, 6})->to_string() == "sm_80");
    CHECK(recipe.arch_for({7, 5}) == nullptr);
    CHECK(recipe.modules.size() == 4);
    CHECK_FALSE(recipe.needs_torch);
}

TEST_CASE("the sageattention recipe says what upstream's build and dispatcher need") {
    const Template tmpl = parsed("[[kernels]]\nuse = \"sageattention\"\n");
    const KernelRecipe& recipe = tmpl.kernels.at(0).recipe;
    CHECK(recipe.source_rev.size() == 40);
    CHECK(recipe.needs_torch);
    CHECK(recipe.driver_stub);
    REQUIRE(recipe.arch_for({12, 0}) != nullptr);
    CHECK(recipe.arch_for({12, 0})->to_string() == "sm_120a");
    CHECK(recipe.arch_for({8, 6})->to_string() == "sm_80");
    CHECK(recipe.minimum_cuda_for(*kernel::Arch::parse("8.0")) == "12.0");
    CHECK(recipe.minimum_cuda_for(*kernel::Arch::parse("8.9")) == "12.4");
    CHECK(recipe.minimum_cuda_for(*kernel::Arch::parse("12.0a")) == "12.8");
    REQUIRE(recipe.refusal_of({10, 0}) != nullptr);
    CHECK(recipe.refusal_of({10, 0})->find("Unsupported CUDA architecture") != std::string::npos);
    CHECK(recipe.refusal_of({8, 9}) == nullptr);
    CHECK(fs::is_regular_file(recipe.selftest));
    CHECK(recipe.fallback.requirements == std::vector<std::string>{"sageattention==1.0.6"});
    const auto sm90 = std::find_if(recipe.modules.begin(), recipe.modules.end(),
                                   [](const KernelModule& m) { return m.file == "sageattention/_qattn_sm90.so"; });
    REQUIRE(sm90 != recipe.modules.end());
    CHECK(sm90->capabilities == std::vector<kernel::Capability>{{9, 0}});
}

// tests/golden/kernels/<name>/layer.toml must give the words of `expected` beside it; without one, none.
static Template kernel_template(const std::string& name) {
    const std::string text =
        "schema = 1\nname = \"x\"\n[base]\ndebian = { suite = \"bookworm\" }\n[[kernels]]\nuse = \"" + name + "\"\n";
    return parse_template(text, "t.toml", {{}, fs::path(TEST_DATA) / "golden/kernels"});
}

static std::string errors_of_kernel(const std::string& name) {
    try {
        kernel_template(name);
    } catch (const BuildError& failed) {
        std::string out;
        for (const Error& error : failed.errors()) out += error.to_string() + "\n";
        const std::string folder = std::string(TEST_DATA) + "/golden/kernels/";  // the checkout's own
        for (std::size_t at = 0; (at = out.find(folder, at)) != std::string::npos;) out.erase(at, folder.size());
        return out;
    }
    return {};
}

TEST_CASE("an sdist is a project with its version, and a source that the template names takes its place") {
    const KernelRecipe recipe = kernel_template("source-sdist").kernels.at(0).recipe;
    CHECK(recipe.sdist_project == "flash-attn");
    CHECK(recipe.sdist_version == "2.8.3");
    const std::string other = "\"\ngit = \"https://example.org/x\"\nrev = \"" + std::string(40, 'a');
    const KernelUse changed = kernel_template("source-sdist" + other).kernels.at(0);
    CHECK(changed.recipe.source_url == "https://example.org/x");
    CHECK(changed.recipe.sdist_project.empty());
    CHECK(changed.recipe.sdist_version.empty());
}

TEST_CASE("kernel recipes give the expected words") {
    int bad = 0;
    for (const auto& entry : fs::directory_iterator(fs::path(TEST_DATA) / "golden/kernels")) {
        const std::string name = entry.path().filename();
        INFO(name);
        const std::string errors = errors_of_kernel(name);
        const fs::path file = entry.path() / "expected";
        if (std::getenv("TMPLBUILD_ACCEPT") != nullptr && !errors.empty()) std::ofstream(file) << errors;
        std::ostringstream expected;
        if (fs::exists(file)) expected << std::ifstream(file).rdbuf();
        CHECK(errors == expected.str());
        bad += fs::exists(file) ? 1 : 0;
    }
    CHECK(bad >= 10);
}

TEST_CASE("a variant's environment stands over the recipe's") {
    const Template tmpl = kernel_template("good");
    const KernelRecipe& recipe = tmpl.kernels.at(0).recipe;
    CHECK(recipe.environment_for(*kernel::Arch::parse("8.0")).at("HOPPER") == "no");
    CHECK(recipe.environment_for(*kernel::Arch::parse("9.0a")).at("HOPPER") == "{arch}");
    CHECK(recipe.environment_for(*kernel::Arch::parse("9.0a")).at("EACH") == "1");
    CHECK(recipe.minimum_cuda_for(*kernel::Arch::parse("8.0")) == "12.0");
    CHECK(recipe.minimum_cuda_for(*kernel::Arch::parse("9.0a")) == "12.3");
    CHECK(recipe.minimum_torch == "2.4");
    CHECK(recipe.maximum_torch == "2.11");
    CHECK(recipe.build_requirements == std::vector<std::string>{"ninja"});
    CHECK(recipe.fallback.capabilities == std::vector<kernel::Capability>{{8, 0}, {12, 0}});
    CHECK(recipe.selftest.filename() == "selftest.py");
}

TEST_CASE("a torch outside the range is refused with both versions in the words") {
    const KernelRecipe recipe = kernel_template("good").kernels.at(0).recipe;  // 2.4 to 2.11
    for (const char* fits : {"2.4", "2.4.0", "2.4.1+cu124", "2.11.0+cu130", "2.11.1", "2.11", "2.10.0a0+git12", "main"})
        CHECK(recipe.torch_refusal(fits) == std::nullopt);
    CHECK(recipe.torch_refusal("2.3.1+cu121") == "good needs torch 2.4 or newer, and the image has 2.3.1+cu121");
    CHECK(recipe.torch_refusal("2.12.0") == "good is known to compile up to torch 2.11, and the image has 2.12.0");
    CHECK(recipe.torch_refusal("2.110.0") == "good is known to compile up to torch 2.11, and the image has 2.110.0");
    CHECK(KernelRecipe().torch_refusal("1.0") == std::nullopt);
}
