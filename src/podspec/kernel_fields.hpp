// SPDX-License-Identifier: Apache-2.0
// The fields of a kernel in pod.json: the one table of their names there and their right values, as service_fields.hpp
// is for services. Their meaning stands beside the members in kernel_spec.hpp, and for people in docs/pod-formats.md. A
// field that is left out has the default of its member. Rules between two fields are in check.cpp. No template has
// these keys: the plan makes them from [[kernels]], which says what a person wants.
#pragma once

#include "podspec/field.hpp"
#include "podspec/kernel_spec.hpp"

namespace tmplbuild::pod {

inline constexpr std::int64_t week_seconds = std::int64_t{7} * 24 * 3600;
inline constexpr std::int64_t most_memory = std::int64_t{1} << 50;

inline constexpr std::tuple pinned_file_fields{
    Field("project", &PinnedFile::project, Required{}),
    Field("version", &PinnedFile::version, Text{}),
    Field("file", &PinnedFile::file, Required{}),
    Field("sha256", &PinnedFile::sha256, Sha256{}),
};

inline constexpr std::tuple kernel_variant_fields{
    Field("arch", &KernelVariant::arch, Text{}),
    Field("directory", &KernelVariant::directory, AbsolutePath{}),
    Field("key", &KernelVariant::key, Text{}),
    Field("table", &KernelVariant::table, Text{}),
};

inline constexpr std::tuple kernel_capability_fields{
    Field("capability", &KernelCapability::capability, Text{}),
    Field("arch", &KernelCapability::arch, Text{}),
    Field("modules", &KernelCapability::modules, Texts{}),
};

inline constexpr std::tuple kernel_module_fields{
    Field("file", &KernelModule::file, Text{}),
    Field("host_only", &KernelModule::host_only, Flag{}),
    Field("may_lack", &KernelModule::may_lack, Texts{}),
};

inline constexpr std::tuple kernel_refusal_fields{
    Field("capability", &KernelRefusal::capability, Text{}),
    Field("reason", &KernelRefusal::reason, Text{}),
};

inline constexpr std::tuple kernel_arch_fields{
    Field("arch", &KernelArch::arch, Text{}),
    Field("key", &KernelArch::key, Text{}),
    Field("minimum_cuda", &KernelArch::minimum_cuda, Text{}),
    Field("environment", &KernelArch::environment, Environment{}),
};

inline constexpr std::tuple kernel_venv_fields{
    Field("directory", &KernelVenv::directory, AbsolutePath{}),
    Field("site_packages", &KernelVenv::site_packages, AbsolutePath{}),
};

inline constexpr std::tuple kernel_python_fields{
    Field("venvs", &KernelPython::venvs, List<kernel_venv_fields>{}),
    Field("venv", &KernelPython::venv, AbsolutePath{}),
    Field("interpreter", &KernelPython::interpreter, AbsolutePath{}),
    Field("version", &KernelPython::version, Text{}),
    Field("soabi", &KernelPython::soabi, Text{}),
    Field("torch", &KernelPython::torch, Text{}),
    Field("torch_git_version", &KernelPython::torch_git_version, Text{}),
};

inline constexpr std::tuple kernel_source_fields{
    Field("directory", &KernelSource::directory, AbsolutePath{}),
    Field("url", &KernelSource::url, Text{}),
    Field("commit", &KernelSource::commit, Text{}),
    Field("submodules", &KernelSource::submodules, Flag{}),
    Field("patches", &KernelSource::patches, Texts{}),
};

inline constexpr std::tuple kernel_build_fields{
    Field("cuda", &KernelBuild::cuda, Text{}),
    Field("toolchain", &KernelBuild::toolchain, List<pinned_file_fields>{}),
    Field("driver_stub", &KernelBuild::driver_stub, Flag{}),
    Field("requirements", &KernelBuild::requirements, List<pinned_file_fields>{}),
    Field("nvcc_front", &KernelBuild::nvcc_front, AbsolutePath{}),
    Field("directory", &KernelBuild::directory, AbsolutePath{}),
    Field("command", &KernelBuild::command, Texts{}),
    Field("estimated_seconds", &KernelBuild::estimated_seconds, Number{0, week_seconds}),
    Field("memory_bytes", &KernelBuild::memory_bytes, Number{0, most_memory}),
    Field("timeout_seconds", &KernelBuild::timeout_seconds, Number{0, week_seconds}),
};

inline constexpr std::tuple kernel_fallback_fields{
    Field("directory", &KernelFallback::directory, AbsolutePath{}),
    Field("distribution", &KernelFallback::distribution, Text{}),
    Field("version", &KernelFallback::version, Text{}),
    Field("capabilities", &KernelFallback::capabilities, Texts{}),
};

inline constexpr std::tuple kernel_fields{
    Field("name", &Kernel::name, Text{}),
    Field("env_var", &Kernel::env_var, Text{}),
    Field("install", &Kernel::install, StatedWord{InstallMode::background}),
    Field("distribution", &Kernel::distribution, Text{}),
    Field("version", &Kernel::version, Text{}),
    Field("variants", &Kernel::variants, List<kernel_variant_fields>{}),
    Field("capabilities", &Kernel::capabilities, List<kernel_capability_fields>{}),
    Field("modules", &Kernel::modules, List<kernel_module_fields>{}),
    Field("refused", &Kernel::refused, List<kernel_refusal_fields>{}),
    Field("archs", &Kernel::archs, List<kernel_arch_fields>{}),
    Field("python", &Kernel::python, Object<kernel_python_fields>{}),
    Field("source", &Kernel::source, Object<kernel_source_fields>{}),
    Field("build", &Kernel::build, Object<kernel_build_fields>{}),
    Field("fallback", &Kernel::fallback, Object<kernel_fallback_fields>{}),
    Field("selftest", &Kernel::selftest, AbsolutePath{}),
    Field("needs", &Kernel::needs, Texts{}),
};

}  // namespace tmplbuild::pod
