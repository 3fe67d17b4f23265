// SPDX-License-Identifier: Apache-2.0
#include "plan/sources.hpp"

#include "support/catch.hpp"

using namespace tmplbuild;

namespace {

LockedDistribution wheel(const std::string& name) {
    LockedDistribution out;
    out.name = name;
    out.size = 1000;
    return out;
}

// The names of all distributions, in order.
std::vector<std::string> names(const StepSources& sources) {
    std::vector<std::string> out;
    for (const DistributionSources& from : sources.distributions)
        for (const LockedDistribution& one : *from.distributions) out.push_back(one.name);
    return out;
}

std::vector<std::string> parts(const StepSources& sources) {
    std::vector<std::string> out;
    for (const DistributionSources& from : sources.distributions) out.push_back(from.part);
    return out;
}

}  // namespace

TEST_CASE("a venv takes its distributions and what builds its sdists, a kernel its wheels and its toolkit") {
    PythonSpec python;
    python.locked.distributions = {wheel("numpy")};
    python.locked.venv = "/opt/venv";
    python.locked.builders = {wheel("setuptools")};
    const Step venv{.id = "python:/opt/venv", .spec = python};
    CHECK(names(sources_of(venv)) == std::vector<std::string>{"numpy", "setuptools"});

    KernelSpec kernel;
    kernel.kernel = "k";
    kernel.requirements = {wheel("ninja")};
    kernel.toolchain.wheels = {wheel("nvidia-nvcc")};
    kernel.sdist = {wheel("flash-attn")};
    const Step variant{.id = "kernel:k:8.9", .spec = kernel};
    CHECK(names(sources_of(variant)) == std::vector<std::string>{"ninja", "nvidia-nvcc", "flash-attn"});
    // Of the lock's parts, which a hint names, and not of the step's id.
    CHECK(parts(sources_of(variant)) == std::vector<std::string>{"kernel:k", "toolchain", "kernel:k"});
    CHECK(parts(sources_of(venv)) == std::vector<std::string>{"python:/opt/venv", "python:/opt/venv"});

    KernelFilesSpec files;
    files.sdist = {wheel("flash-attn")};
    CHECK(names(sources_of(Step{.id = "kernel-files:k", .spec = files})).empty());
    files.with_source = true;
    CHECK(names(sources_of(Step{.id = "kernel-files:k", .spec = files})) == std::vector<std::string>{"flash-attn"});
}

TEST_CASE("a kernel's source is an archive or a commit, and its files' only where a pod gets the source") {
    KernelSpec spec;
    spec.recipe.source_url = "https://example.invalid/k";
    spec.recipe.source_rev = std::string(40, 'a');
    spec.recipe.source_submodules = true;
    const Step commit{.id = "kernel:k:8.9", .spec = spec};
    REQUIRE(sources_of(commit).commit);
    CHECK(sources_of(commit).commit->submodules);
    CHECK_FALSE(sources_of(commit).file);
    spec.recipe.archive_url = "https://example.invalid/k.tar.gz";
    spec.recipe.archive_sha256 = std::string(64, 'b');
    const Step archive{.id = "kernel:k:8.9", .spec = spec};
    REQUIRE(sources_of(archive).file);
    CHECK(sources_of(archive).file->sha256 == std::string(64, 'b'));
    CHECK_FALSE(sources_of(archive).commit);

    KernelFilesSpec files;
    files.recipe = spec.recipe;
    const Step without{.id = "kernel-files:k", .spec = files};
    CHECK_FALSE(sources_of(without).file);
    files.with_source = true;
    const Step with{.id = "kernel-files:k", .spec = files};
    CHECK(sources_of(with).file);
}

TEST_CASE("packages of a base that is an image are nobody's to fetch, those over it come from its own sources") {
    BaseSpec base;
    base.locked.kind = "layout";
    const Step layout{.id = "base", .spec = base};
    CHECK_FALSE(sources_of(layout).packages);
    base.locked.kind = "debian";
    base.locked.suite = "bookworm";
    const Step debian{.id = "base", .spec = base};
    REQUIRE(sources_of(debian).packages);
    CHECK(sources_of(debian).packages->suite == "bookworm");
    CHECK_FALSE(sources_of(debian).packages->own_sources);
    AptSpec apt;
    apt.own_sources = true;
    const Step over{.id = "apt:jq", .spec = apt};
    CHECK(sources_of(over).packages->own_sources);
}
