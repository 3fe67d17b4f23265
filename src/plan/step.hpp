// SPDX-License-Identifier: Apache-2.0
// One node of the plan: what an engine needs to know, complete in itself. Made by plan/ from the template and the
// lock; run by build/steps/. A spec holds everything that decides the step's bytes; the key names all of it.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/canonical_key.hpp"
#include "podspec/pod_spec.hpp"
#include "resolve/lock.hpp"
#include "template/template.hpp"

namespace tmplbuild {

struct BaseSpec {
    Base base;
    LockedBase locked;
};
struct FilesSpec {
    FilesLayer layer;
    Digest content;  // of everything it copies; checked again while packing
};
struct FetchSpec {
    FetchLayer layer;
};
struct GitSpec {
    GitLayer layer;
    LockedGit locked;
};
struct AptSpec {
    LockedApt locked;
    std::string suite;  // for messages
};
struct PythonSpec {
    std::string venv;
    std::vector<LockedDistribution> distributions;
    std::vector<std::string> allow_shared;
};
struct RunSpec {
    RunLayer layer;
};
struct KernelSpec {
    std::string kernel;  // name
    KernelRecipe recipe;
    kernel::Arch arch;
    std::vector<kernel::GpuTarget> serves;  // the targets that this variant is for
    Digest source;                          // of the source tree
    LockedToolchain toolchain;
    Digest key;  // the step's own key: names the variant's folder
};
struct RuntimeSpec {  // the launcher
    std::filesystem::path launcher;
    Digest content;
};
struct PodSpecStep {   // pod.json, constraints, activation: always the last layer
    pod::PodSpec pod;  // kernels without their proofs: those come from the kernel steps' facts
    std::vector<std::string> venvs;
};

struct Step {
    std::string id;       // "base", "files:notebooks", "python:/opt/venv", "kernel:int8-attention:8.9", …
    std::string summary;  // one line for people
    std::variant<BaseSpec, FilesSpec, FetchSpec, GitSpec, AptSpec, PythonSpec, RunSpec, KernelSpec, RuntimeSpec,
                 PodSpecStep>
        spec;
    std::optional<CanonicalKey> key;  // none: `unresolved` says which fact is missing
    std::string unresolved;
    std::vector<std::string> needs;     // steps whose output it reads, by id; layers of these lie below it
    bool in_image = true;               // false: a throwaway (compilers), built only when a missing step needs it
    std::uint64_t estimated_bytes = 0;  // of its layers, compressed, best guess
    std::uint64_t work_bytes = 0;       // further disk while it runs
    double estimated_seconds = 0;

    const char* kind() const;
};

}  // namespace tmplbuild
