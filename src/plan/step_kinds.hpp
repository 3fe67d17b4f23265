// SPDX-License-Identifier: Apache-2.0
// The kinds of steps: the facts that hold for all steps of a kind, and its spec, which holds everything that decides
// the bytes of one step and is named in full by the step's key. plan/ makes them from the template and the lock;
// engine/steps/ runs them. Code that asks something of a step visits all kinds, so that the compiler reports each place
// where a new kind is missing (see CONTRIBUTING.md).
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "podspec/pod_spec.hpp"
#include "resolve/lock.hpp"
#include "template/template.hpp"

namespace tmplbuild {

// What holds for every step of a kind.
struct StepKind {
    const char* name;  // for people, and the beginning of such steps' ids
    // Its layer is what its commands changed in the layers below, so the keys of those are part of its own.
    bool is_change = false;
    // It mostly waits (for a server or a user's command), so it gets no share of the cores.
    bool is_light = false;
    // It compiles with as many processes as it is told, and steps of the kind share the cores. That takes minutes and
    // memory: of two builds that share a store, one does it and the other waits; people are told what it used.
    bool is_compile = false;
    // Its layers are packages that the lock names one by one. A kernel is compiled over them, and over everything below
    // them.
    bool is_packages = false;
};

struct BaseSpec {
    static constexpr StepKind kind{.name = "base", .is_change = true, .is_packages = true};
    Base base;
    LockedBase locked;
    // That the template names; they are measured together with the one on PATH.
    std::vector<std::string> interpreters{};
    std::vector<Repository> repositories{};  // that its packages may come from
    Digest image{};                          // of a `layout` base: its manifest
    std::size_t layers = 0;                  // of that image
};
struct FilesSpec {
    static constexpr StepKind kind{.name = "files"};
    FilesLayer layer;
    Digest content;                     // of everything that the step copies
    std::optional<Digest> signature{};  // of the files, taken before `content`; compared again after packing
};
struct FetchSpec {
    static constexpr StepKind kind{.name = "fetch", .is_light = true};
    FetchLayer layer;
};
struct GitSpec {
    static constexpr StepKind kind{.name = "git"};
    GitLayer layer;
    LockedGit locked;
};
struct AptSpec {
    static constexpr StepKind kind{.name = "apt", .is_change = true, .is_packages = true};
    LockedApt locked;
    std::string suite;                       // of a `debian` base; of another base, the suite that its os-release names
    bool own_sources = false;                // packages come from the base's own apt sources
    std::vector<Repository> repositories{};  // and from these
};
struct PythonSpec {
    static constexpr StepKind kind{.name = "python"};
    LockedVenv locked;
    std::vector<std::string> allow_shared;      // distributions that may own each other's files, by name
    std::vector<std::string> allow_bad_record;  // distributions whose RECORD may be wrong, by name
    ContextFolder folder{};                     // the template's: where paths of its own wheels and sources start
    std::vector<std::string> kernels;  // whose active variant comes first on Python's path, by the venv's .pth file
};
struct RunSpec {
    static constexpr StepKind kind{.name = "run", .is_change = true, .is_light = true};
    RunLayer layer;
};
// The source of an sdist is the content of its one top folder, "<project>-<version>".
inline constexpr std::uint32_t sdist_strip = 1;

struct KernelSpec {
    static constexpr StepKind kind{.name = "kernel", .is_compile = true};
    std::string kernel;  // its name
    KernelRecipe recipe;
    kernel::Arch arch;
    std::vector<kernel::GpuTarget> serves;  // the targets that this variant is for
    Digest source;                          // of the source tree
    std::int64_t source_time = 0;           // of the commit; 0 for other kinds of source
    LockedToolchain toolchain;
    std::string torch_venv;                          // the venv with torch, for recipes that need it
    std::vector<Digest> patches;                     // of their content, in order
    std::string torch_version{};                     // the venv's, "2.11.0"; empty without torch
    std::vector<LockedDistribution> requirements{};  // wheels that only the compile sees
    LockedPlaces places{};                           // where these wheels are looked for
    std::vector<std::string> venv_hidden{};          // distributions of the venv that the compile does not see
    std::vector<LockedDistribution> sdist{};         // the source, when it is an sdist; else empty
};
struct KernelFilesSpec {  // what a pod needs of a kernel besides its variants
    static constexpr StepKind kind{.name = "kernel-files"};
    std::string kernel;
    KernelRecipe recipe;
    bool with_source = false;  // patched, so that a pod needs no network for it
    bool may_compile = false;  // nvcc-front, and the patches of a source that the pod fetches
    Digest source;
    std::int64_t source_time = 0;
    std::vector<Digest> patches;
    std::optional<Digest> selftest;
    std::vector<LockedDistribution> fallback;  // wheels; empty: none
    LockedPlaces places{};                     // where these wheels are looked for
    std::vector<LockedDistribution> sdist{};   // as above
};
// A program of ours that goes into the image.
struct RuntimeProgram {
    std::string path;  // in the image: "opt/tmplbuild/launcher"
    std::filesystem::path file;
    Digest content;
};
struct RuntimeSpec {  // the launcher and its tools
    static constexpr StepKind kind{.name = "runtime"};
    std::vector<RuntimeProgram> programs;
};
// One variant that pod.json names; the kernel step's facts say the rest about it.
struct VariantRef {
    std::string kernel;
    kernel::Arch arch;
    std::string step;
    std::vector<kernel::GpuTarget> serves;  // the targets of this template, whoever compiled it for which
};
struct PodSpecStep {  // pod.json: always the last layer
    static constexpr StepKind kind{.name = "pod"};
    pod::PodSpec pod;
    std::vector<std::string> venvs;         // all of the image
    std::vector<std::string> interpreters;  // of each of them, as the template names it; empty: the one on PATH
    std::string constraints;                // the text of constraints.txt; empty: none
    std::vector<VariantRef> variants;
    std::filesystem::path gateway_bundle{};  // nginx here, which tries the gateway's configuration; empty: no gateway
};

using StepSpec = std::variant<BaseSpec, FilesSpec, FetchSpec, GitSpec, AptSpec, PythonSpec, RunSpec, KernelSpec,
                              KernelFilesSpec, RuntimeSpec, PodSpecStep>;

}  // namespace tmplbuild
