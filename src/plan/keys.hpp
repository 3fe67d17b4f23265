// SPDX-License-Identifier: Apache-2.0
// What decides a step's bytes, as a key: one function for each kind of step. A key names meanings (a source tree, a
// wheel's hash, the facts of the base that matter), never an address, a time or this machine. Used to plan steps, and
// by the engines of those that know more once they run. Pure.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "plan/step.hpp"
#include "store/built_layer.hpp"

namespace tmplbuild {

// The keys of the steps below a step, by id.
using KeysBelow = std::vector<std::pair<std::string, Digest>>;

// Adds the variables that every command of a build starts with, to the key of what such a command makes.
void add_step_environment(CanonicalKey& key);

CanonicalKey base_key(const BaseSpec& spec, Compression compression);
CanonicalKey files_key(const FilesSpec& spec, const BaseContract& contract, Compression compression);
CanonicalKey fetch_key(const FetchSpec& spec, const BaseContract& contract, Compression compression);
CanonicalKey git_key(const GitSpec& spec, const BaseContract& contract, Compression compression);
CanonicalKey apt_key(const AptSpec& spec, const KeysBelow& below, Compression compression);
CanonicalKey python_key(const PythonSpec& spec, const BaseContract& contract, const KeysBelow& below,
                        Compression compression);
// One distribution of a venv, as the python step knows it once it has read the wheels.
struct LaidWheel {
    std::string name;
    Digest wheel;                       // of the wheel's file, also where that was made of an sdist
    bool takes_bad_record = false;      // its RECORD is not read
    std::vector<std::string> left_out;  // its files that another distribution stands over, relative to the venv
};
// One layer of a venv: everything that decides its bytes, whatever else is in the venv.
CanonicalKey venv_layer_key(const std::string& venv, const std::vector<LaidWheel>& wheels, const BaseContract& contract,
                            Compression compression);
CanonicalKey run_key(const RunSpec& spec, const KeysBelow& below, Compression compression);
// Everything that a compile sees, see compile_root.hpp. `torch`: the venv against which the variant is compiled;
// nullptr for recipes that need none. `seen`: what the compile sees of that venv.
struct KernelInputs {
    const LockedBase& base;
    std::vector<LockedPackage> packages;
    KeysBelow others;  // the steps below it whose content is not locked packages
    const LockedVenv* torch = nullptr;
    std::vector<LockedDistribution> seen{};
};
CanonicalKey kernel_key(const KernelSpec& spec, const KernelInputs& inputs, Compression compression);
CanonicalKey kernel_files_key(const KernelFilesSpec& spec, const BaseContract& contract, Compression compression);
CanonicalKey runtime_key(const RuntimeSpec& spec, const BaseContract& contract, Compression compression);
CanonicalKey pod_key(const PodSpecStep& spec, const KeysBelow& kernels, const BaseContract& contract,
                     Compression compression);

// Where a variant lies in the image: /opt/tmplbuild/kernels/<kernel>/<variant key>.
std::string variant_directory(const std::string& kernel, const Digest& key);
// A file or folder beside the variants: /opt/tmplbuild/kernels/<kernel>/<name>.
std::string kernel_file(const std::string& kernel, const std::string& name);
// Where the distribution lies that replaces a kernel on GPUs without a variant.
std::string fallback_directory(const std::string& kernel, const std::vector<LockedDistribution>& wheels);
std::string patch_name(std::size_t index, const std::filesystem::path& patch);  // "patches/1-fix.patch"

}  // namespace tmplbuild
