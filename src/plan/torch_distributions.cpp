// SPDX-License-Identifier: Apache-2.0
#include "plan/torch_distributions.hpp"

#include <set>

namespace tmplbuild {

// Torch itself, its compiler, and the CUDA libraries that it is built for.
static bool is_part_of_torch(const std::string& name) {
    return name == "torch" || name == "triton" || name == "pytorch-triton" || name.starts_with("nvidia-") ||
           name.starts_with("cuda-");
}

bool is_bound_to_torch(const std::string& name) {
    return is_part_of_torch(name) || name == "torchvision" || name == "torchaudio";
}

// Besides torch, what it imports and what its headers include, what its build helper runs, and what extensions compile
// against though it is torch's own choice. Everything else is named by a recipe's requirements.
bool is_seen_with_torch(const std::string& name) {
    static const std::set<std::string> others = {
        "filelock", "typing-extensions", "sympy",      "mpmath", "networkx", "jinja2",  "markupsafe", "fsspec",
        "numpy",    "packaging",         "setuptools", "wheel",  "ninja",    "pybind11"};
    return is_part_of_torch(name) || others.contains(name);
}

}  // namespace tmplbuild
