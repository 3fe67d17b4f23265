// SPDX-License-Identifier: Apache-2.0
#include "plan/requests.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "plan/compile_root.hpp"
#include "plan/variants.hpp"
#include "template/layer_traits.hpp"

namespace tmplbuild {

using Texts = std::vector<std::string>;

const DebianBase* debian_base(const Template& tmpl) { return std::get_if<DebianBase>(&tmpl.base); }

// The packages that compile a kernel, besides the CUDA toolkit. nvcc's host compiler is g++ even for C; torch's build
// helper runs python3-dev and ninja.
static void add_compiler(const KernelUse& use, std::set<std::string>& out) {
    out.insert({"g++", "make", "binutils"});
    if (use.recipe.needs_torch) out.insert({"python3-dev", "ninja-build", "git"});
}

// The same packages as a pod's own compiler, so that a compile sees the same whether the image has them or not.
static Texts kernel_tools(const Template& tmpl) {
    std::set<std::string> out;
    for (const KernelUse& use : tmpl.kernels) {
        add_compiler(use, out);
        if (!use.recipe.source_url.empty()) out.insert({"git", "ca-certificates"});
    }
    return Texts(out.begin(), out.end());
}

Texts pod_compiler(const Template& tmpl) {
    std::set<std::string> out;
    for (const KernelUse& use : tmpl.kernels) {
        if (use.install == pod::InstallMode::prebuilt) continue;
        add_compiler(use, out);
        if (!use.ships_source()) out.insert({"git", "ca-certificates"});
    }
    return Texts(out.begin(), out.end());
}

Texts base_packages(const Template& tmpl) {
    const DebianBase* debian = debian_base(tmpl);
    if (debian == nullptr) return {};
    std::set<std::string> out(debian->packages.begin(), debian->packages.end());
    for (std::string& package : pod_compiler(tmpl)) out.insert(std::move(package));
    return Texts(out.begin(), out.end());
}

// In the form of sources.list. Keys are left out: they decide whether a list is trusted, not what it says.
static Texts repositories(const Template& tmpl) {
    Texts out;
    for (const Repository& r : tmpl.repositories)
        out.push_back(r.name + " " + r.uri + " " + r.suite + " " + join(r.components, " "));
    return out;
}

Texts interpreters(const Template& tmpl) {
    std::set<std::string> out;
    for (const Layer& layer : tmpl.layers)
        if (const auto* python = std::get_if<PythonLayer>(&layer.body); python != nullptr && !python->python.empty())
            out.insert(python->python);
    return Texts(out.begin(), out.end());
}

Digest base_request(const Template& tmpl, const LocalFacts& facts) {
    CanonicalKey key;
    if (const DebianBase* debian = debian_base(tmpl))
        key.add("suite", debian->suite).add("packages", base_packages(tmpl));
    else if (const auto* image = std::get_if<ImageBase>(&tmpl.base))
        key.add("reference", image->reference.to_string());
    else
        key.add("image", facts.base_image);
    if (const Texts asked = interpreters(tmpl); !asked.empty()) key.add("interpreters", asked);
    if (debian_base(tmpl) != nullptr && !tmpl.repositories.empty()) key.add("repositories", repositories(tmpl));
    return key.digest();
}

std::vector<VenvRequest> venv_requests(const Template& tmpl) {
    std::vector<VenvRequest> out;
    for (const Layer& layer : tmpl.layers) {
        const auto* python = std::get_if<PythonLayer>(&layer.body);
        if (python == nullptr) continue;
        auto found = std::find_if(out.begin(), out.end(), [&](const VenvRequest& v) { return v.venv == python->venv; });
        if (found == out.end()) found = out.insert(out.end(), {python->venv, {}});
        found->layers.push_back(python);
    }
    return out;
}

Digest venv_request(const VenvRequest& request, const BaseContract& contract, const LocalFacts& facts) {
    CanonicalKey key;
    std::size_t number = 0;
    for (const PythonLayer* layer : request.layers) {
        const std::string at = std::to_string(number++);
        key.add("requirements/" + at, layer->requirements);
        key.add("constraints/" + at, layer->constraints);
        Texts files;
        for (const std::string& from : layer->requirements_from) {
            auto found = facts.requirement_files.find(from);
            files.push_back(from + "=" + (found == facts.requirement_files.end() ? "" : found->second));
        }
        key.add("requirements_from/" + at, files);
        if (!layer->build_requirements.empty()) key.add("build_requirements/" + at, layer->build_requirements);
        for (std::size_t n = 0; n < layer->indexes.size(); ++n) {
            const PythonIndex& index = layer->indexes[n];
            Texts words = {index.url, index.is_default ? "default" : ""};
            words.insert(words.end(), index.packages.begin(), index.packages.end());
            key.add("index/" + at + "/" + std::to_string(n), words);
        }
        if (layer->index_strategy) key.add("index_strategy/" + at, to_string(*layer->index_strategy));
    }
    if (const auto own = facts.requirement_files.find(request.step()); own != facts.requirement_files.end())
        key.add("files", std::string_view(own->second));
    if (const auto python = contract.with_interpreter(request.python()).python)
        key.add("python", Texts{python->version, python->soabi, contract.glibc});
    if (!request.python().empty()) key.add("interpreter", request.python());
    return key.digest();
}

std::vector<AptRequest> apt_requests(const Template& tmpl) {
    std::vector<AptRequest> out;
    Texts below;
    for (const Layer& layer : tmpl.layers) {
        const auto* apt = std::get_if<AptLayer>(&layer.body);
        if (apt == nullptr) continue;
        Texts packages = apt->packages;
        std::sort(packages.begin(), packages.end());
        out.push_back({traits_of(layer).step, std::move(packages), below});
        below.push_back(out.back().step);
    }
    if (Texts packages = pod_compiler(tmpl); !packages.empty() && debian_base(tmpl) == nullptr)
        out.push_back({pod_compiler_step, std::move(packages), below});
    if (!tmpl.kernels.empty()) out.push_back({kernel_tools_step, kernel_tools(tmpl), below});
    for (AptRequest& request : out) request.repositories = repositories(tmpl);
    return out;
}

Digest apt_request(const AptRequest& request, const LockedBase& base, const Lock& lock) {
    CanonicalKey key;
    key.add("packages", request.packages);
    Texts ids;
    for (const Digest& id : base.diff_ids) ids.push_back(id.to_string());
    key.add("base", ids);
    if (!request.repositories.empty()) key.add("repositories", request.repositories);
    for (const std::string& step : request.over) {
        const LockedApt* apt = lock.find_apt(step);
        key.add("over/" + step, apt == nullptr ? Digest() : apt->request);
    }
    return key.digest();
}

std::set<GitRequest> git_requests(const Template& tmpl) {
    std::set<GitRequest> out;
    for (const Layer& layer : tmpl.layers)
        if (const GitLayer* git = traits_of(layer).commit) out.insert(commit_of(*git));
    for (const KernelUse& use : tmpl.kernels)
        if (!use.recipe.source_url.empty()) out.insert(commit_of(use.recipe));
    return out;
}

std::vector<KernelRequest> kernel_requests(const Template& tmpl) {
    std::vector<KernelRequest> out;
    for (const KernelUse& use : tmpl.kernels)
        if (!use.recipe.build_requirements.empty() || !use.recipe.fallback.requirements.empty() ||
            !use.recipe.sdist_project.empty())
            out.push_back({&use, use.recipe.build_requirements, use.recipe.fallback.requirements});
    return out;
}

Digest kernel_request(const KernelRequest& request, const BaseContract& contract, const Lock& lock) {
    CanonicalKey key;
    key.add("requirements", request.requirements);
    key.add("fallback", request.fallback);
    if (const KernelRecipe& recipe = request.use->recipe; !recipe.sdist_project.empty())
        key.add("sdist", recipe.sdist_project + "==" + recipe.sdist_version);
    key.add("pins", venv_pins(*request.use, lock));
    if (const auto python = contract.with_interpreter(interpreter_for(*request.use, lock)).python)
        key.add("python", Texts{python->version, python->soabi, contract.glibc});
    return key.digest();
}

std::string interpreter_for(const KernelUse& use, const Lock& lock) {
    const LockedVenv* venv = torch_venv(use, lock);
    return venv == nullptr ? std::string() : venv->interpreter;
}

Texts venv_pins(const KernelUse& use, const Lock& lock) {
    const LockedVenv* venv = torch_venv(use, lock);
    Texts out;
    if (venv != nullptr)
        for (const LockedDistribution& d : venv->distributions) out.push_back(d.name + "==" + d.version);
    return out;
}

Digest toolchain_request(const std::string& cuda) {
    return CanonicalKey().add("cuda", cuda).add("wheels", toolchain_requirements(cuda)).digest();
}

Texts toolchain_requirements(const std::string& cuda) {
    // The compiler driver, its preprocessor, the compiler proper, C++ core libraries and the runtime that programs
    // link.
    Texts out;
    for (const char* name :
         {"nvidia-cuda-nvcc", "nvidia-cuda-crt", "nvidia-nvvm", "nvidia-cuda-cccl", "nvidia-cuda-runtime"})
        out.push_back(std::string(name) + "==" + cuda + ".*");
    return out;
}

}  // namespace tmplbuild
