// SPDX-License-Identifier: Apache-2.0
// Switching one kernel on and off on this pod: the `active` link, swapped by rename, and a metadata-only distribution
// in each venv, so that pip and uv see the truth. Files of a variant are hashed before the switch and never changed.
#pragma once

#include <string>

#include "kernel_job/files.hpp"
#include "podspec/pod_spec.hpp"

namespace tmplbuild::job {

inline constexpr const char* run_folder = "/run/tmplbuild/kernels";  // the venvs' .pth files name it

struct Activation {
    std::string directory;              // of the variant
    std::string digest;                 // kernel/variant_digest.hpp; empty: only readable
    std::string distribution, version;  // what pip and uv are to see
};

// In words why torch in the kernel's venv is not the one that its variants are compiled against; nothing: it is, or the
// kernel needs none.
Result<void> match_torch(const pod::Kernel& kernel);

struct Switched {
    std::string note;  // what could not be done beside it: a venv that cannot be written; may be empty
};
// An error of kind `machine` says that this pod has no place for it; the state before it stays whole.
Result<Switched> activate(const pod::Kernel& kernel, const Activation& wanted);
Result<Switched> deactivate(const pod::Kernel& kernel);

// "Int8.Attention" → "int8_attention", as a .dist-info folder spells it (binary distribution format).
std::string distribution_folder(const std::string& name, const std::string& version);

}  // namespace tmplbuild::job
