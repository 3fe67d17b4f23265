// SPDX-License-Identifier: Apache-2.0
// What decides a step's bytes, as a key: one function per kind of step. Used by plan.cpp alone. A key names meaning
// (a source tree, a wheel's hash, the facts of the base that matter), never an address, a time or this machine.
#pragma once

#include <vector>

#include "plan/step.hpp"
#include "store/built_layer.hpp"

namespace tmplbuild {

CanonicalKey base_key(const BaseSpec& spec, Compression compression);
CanonicalKey files_key(const FilesSpec& spec, const BaseContract& contract, Compression compression);
CanonicalKey fetch_key(const FetchSpec& spec, const BaseContract& contract, Compression compression);
CanonicalKey git_key(const GitSpec& spec, const BaseContract& contract, Compression compression);
CanonicalKey python_key(const PythonSpec& spec, const BaseContract& contract, Compression compression);
CanonicalKey runtime_key(const RuntimeSpec& spec, const BaseContract& contract, Compression compression);
CanonicalKey pod_key(const PodSpecStep& spec, const BaseContract& contract, Compression compression,
                     const std::vector<Digest>& kernels);
// Diff layers: what they see decides what they change, so the keys below are part of theirs.
CanonicalKey apt_key(const AptSpec& spec, Compression compression, const std::vector<Digest>& below);
CanonicalKey run_key(const RunSpec& spec, Compression compression, const std::vector<Digest>& below);

// What compiles a kernel, beside the toolchain: packages of the throwaway step, and torch where the kernel needs it.
struct KernelSurroundings {
    std::vector<LockedPackage> tools;
    std::vector<LockedDistribution> torch;  // torch alone, or nothing
};
CanonicalKey kernel_key(const KernelSpec& spec, const BaseContract& contract, Compression compression,
                        const KernelSurroundings& around);

}  // namespace tmplbuild
