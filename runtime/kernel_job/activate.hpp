// SPDX-License-Identifier: Apache-2.0
// Switches one kernel on and off on this pod: the `active` link, replaced by rename, and a distribution of metadata
// alone in each venv, so that pip and uv list what is there. Files of a variant are hashed before the switch and never
// changed. Used by main.cpp.
#pragma once

#include <string>

#include "kernel_job/files.hpp"
#include "podspec/pod_spec.hpp"

namespace tmplbuild::job {

inline constexpr const char* run_folder = "/run/tmplbuild/kernels";  // the venvs' .pth files name it

struct Activation {
    std::string directory;              // of the variant
    std::string digest;                 // kernel/variant_digest.hpp; empty: the files only have to be readable
    std::string distribution, version;  // what pip and uv are to list
};

// An error where torch in the kernel's venv is not the one that its variants are compiled against. No error where it
// is, or where the kernel needs no torch.
Result<void> match_torch(const pod::Kernel& kernel);

struct Switched {
    std::string note;  // what else could not be done: a venv that cannot be written; may be empty
};
// An error of kind `machine` means that this pod has no place for the link; then the former state stays as it was.
Result<Switched> activate(const pod::Kernel& kernel, const Activation& wanted);
Result<Switched> deactivate(const pod::Kernel& kernel);

// "Int8.Attention" → "int8_attention", as a .dist-info folder spells it (binary distribution format).
std::string distribution_folder(const std::string& name, const std::string& version);

}  // namespace tmplbuild::job
