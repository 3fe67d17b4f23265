// SPDX-License-Identifier: Apache-2.0
// A commit from which a layer or a kernel is made, as the template asks for it. A value: plan/ lists them,
// resolve/git.hpp fetches them.
#pragma once

#include <string>

#include "template/template.hpp"

namespace tmplbuild {

struct GitRequest {
    std::string url, rev;  // the template's address, 40 hex digits
    bool submodules = false;
    bool lfs_pointers = false;  // files that Git LFS keeps elsewhere stay pointers; otherwise they are an error
    // NOLINTNEXTLINE(modernize-use-nullptr): clang-tidy 14 takes the comparison's own 0 for a pointer.
    auto operator<=>(const GitRequest&) const = default;
};

inline GitRequest commit_of(const GitLayer& layer) {
    return {layer.url, layer.rev, layer.submodules, layer.lfs_pointers};
}
// The commit of a recipe that has a source_url.
inline GitRequest commit_of(const KernelRecipe& recipe) {
    return {recipe.source_url, recipe.source_rev, recipe.source_submodules, recipe.source_lfs_pointers};
}

}  // namespace tmplbuild
