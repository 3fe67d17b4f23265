// SPDX-License-Identifier: Apache-2.0
#include "plan/torch_distributions.hpp"

#include <set>

namespace tmplbuild {

// Whether it is torch itself, its compiler, or one of the CUDA libraries for which it is built.
static bool is_part_of_torch(const std::string& name) {
    return name == "torch" || name == "triton" || name == "pytorch-triton" || name.starts_with("nvidia-") ||
           name.starts_with("cuda-");
}

bool is_bound_to_torch(const std::string& name) {
    return is_part_of_torch(name) || name == "torchvision" || name == "torchaudio";
}

// Besides torch: what it imports and what its headers include, what its build helper runs, and what extensions compile
// against although torch chose it. A recipe's requirements name all others.
bool is_seen_with_torch(const std::string& name) {
    static const std::set<std::string> others = {
        "filelock", "typing-extensions", "sympy",      "mpmath", "networkx", "jinja2",  "markupsafe", "fsspec",
        "numpy",    "packaging",         "setuptools", "wheel",  "ninja",    "pybind11"};
    return is_part_of_torch(name) || others.contains(name);
}

}  // namespace tmplbuild
