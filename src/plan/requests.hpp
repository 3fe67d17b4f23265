// SPDX-License-Identifier: Apache-2.0
// What the template asks of each part of the lock, as a digest: a locked part is stale when its own digest differs.
// Used by the plan and by the engine's parts of the lock; the digests are kept in the lock. Pure.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "plan/plan.hpp"
#include "resolve/git_request.hpp"
#include "template/layer_traits.hpp"

namespace tmplbuild {

Digest base_request(const Template& tmpl, const LocalFacts& facts);
// nullptr where the template's base is not a `debian` one.
const DebianBase* debian_base(const Template& tmpl);
// The packages of a debian base, sorted: the template's, its recipes', and the pods' own compiler.
std::vector<std::string> base_packages(const Template& tmpl);
// The packages that a pod needs to compile besides the toolkit; empty where no kernel may be compiled there.
std::vector<std::string> pod_compiler(const Template& tmpl);
std::vector<std::string> interpreters(const Template& tmpl);  // sorted, each once

// All `python` layers of one venv, resolved together.
struct VenvRequest {
    std::string venv;
    std::vector<const PythonLayer*> layers;
    std::string step() const { return venv_step(venv); }
    const std::string& python() const { return layers.front()->python; }  // the same in all of them
};
std::vector<VenvRequest> venv_requests(const Template& tmpl);
Digest venv_request(const VenvRequest& request, const BaseContract& contract, const LocalFacts& facts);

// One `apt` step: those of the template, in order; where there are kernels, also the pods' compiler over a base that is
// not a `debian` one, and last the throwaway step with the compilers for this build, over the template's.
struct AptRequest {
    std::string step;
    std::vector<std::string> packages;  // sorted
    std::vector<std::string> over;      // ids of the apt steps below it
    std::vector<std::string> repositories{};
};
std::vector<AptRequest> apt_requests(const Template& tmpl);
Digest apt_request(const AptRequest& request, const LockedBase& base, const Lock& lock);
inline constexpr const char* kernel_tools_step = "apt:kernel-tools";
inline constexpr const char* pod_compiler_step = "apt:pod-compiler";

// Every commit from which a layer or a kernel is made.
std::set<GitRequest> git_requests(const Template& tmpl);

// The names for `tmplbuild lock --update` of those parts of the lock that belong to no step.
inline constexpr const char* toolchain_part = "toolchain";
inline std::string kernel_part(const std::string& kernel) { return "kernel:" + kernel; }

// What a recipe takes from the package index, in the form of LockedKernel: its lists, and the sdist that it names.
struct KernelRequest {
    const KernelUse* use = nullptr;
    std::vector<std::string> requirements, fallback;
    std::string step() const { return kernel_part(use->name); }
};
std::vector<KernelRequest> kernel_requests(const Template& tmpl);
// The venvs must be locked, since a fallback is resolved together with what they hold.
Digest kernel_request(const KernelRequest& request, const BaseContract& contract, const Lock& lock);
// The locked distributions that a kernel's fallback finds in its venv, as PEP 508 requirements.
std::string interpreter_for(const KernelUse& use, const Lock& lock);  // of its torch's venv; may be empty
std::vector<std::string> venv_pins(const KernelUse& use, const Lock& lock);

Digest toolchain_request(const std::string& cuda);
// Names and version bounds of NVIDIA's compiler wheels for a toolkit, as PEP 508 requirements.
std::vector<std::string> toolchain_requirements(const std::string& cuda);

}  // namespace tmplbuild
