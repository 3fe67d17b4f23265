// SPDX-License-Identifier: Apache-2.0
// The recipes that come with the project: a template that uses them is accepted, and they bring what they say.
#include <algorithm>
#include <filesystem>

#include "support/catch.hpp"
#include "template/parse.hpp"

using namespace tmplbuild;
namespace fs = std::filesystem;

static Template parsed(const std::string& more) {
    const std::string head = "schema = 1\nname = \"x\"\n[base]\ndebian = { suite = \"bookworm\" }\n";
    return parse_template(head + more, fs::path(PROJECT_ROOT) / "examples/quickstart/t.toml",
                          {{}, fs::path(PROJECT_ROOT) / "layers"});
}

static const Service& service(const Template& tmpl, const std::string& name) {
    const auto found =
        std::find_if(tmpl.services.begin(), tmpl.services.end(), [&](const Service& one) { return one.name == name; });
    REQUIRE(found != tmpl.services.end());
    return *found;
}

TEST_CASE("the jupyterlab recipe brings a venv, a service and its token") {
    const Template tmpl = parsed("[[layers]]\nuse = \"jupyterlab\"\n");
    const Service& lab = service(tmpl, "jupyterlab");
    CHECK(lab.port == std::uint16_t{8888});
    CHECK(lab.command.front() == "/opt/venv/bin/python");
    REQUIRE(lab.secrets.size() == 1);
    CHECK(lab.secrets[0].variable == "JUPYTER_TOKEN");
    CHECK(lab.secrets[0].from == "JUPYTER_PASSWORD");
    REQUIRE(lab.ready);
    CHECK(std::get<HttpProbe>(*lab.ready).path == "/api");
    CHECK_FALSE(lab.is_public);  // behind the gateway's login
}

TEST_CASE("its parameters reach the layer and the service") {
    const Template tmpl = parsed(
        "[[layers]]\nuse = \"jupyterlab\"\nvenv = \"/opt/lab\"\nversion = \"==4.5.0\"\nport = 9999\nroot = "
        "\"/data\"\n");
    const Service& lab = service(tmpl, "jupyterlab");
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
    const Service& sshd = service(tmpl, "sshd");
    CHECK(sshd.port == std::uint16_t{2222});
    CHECK(sshd.is_public);  // SSH is not HTTP
    CHECK(sshd.restart == "on-failure");
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
