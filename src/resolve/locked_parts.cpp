// SPDX-License-Identifier: Apache-2.0
#include "resolve/locked_parts.hpp"

#include <algorithm>

#include "resolve/source_tree.hpp"

namespace tmplbuild {

bool LockedDistribution::is_sdist() const { return !file.ends_with(".whl"); }

std::vector<std::string> LockedDistribution::build_words() const {
    const auto tree = SourceTree::parse(source);
    if (!tree) return {};
    return {tree->subdirectory, tree->scm_version(), editable};
}

const LockedDistribution* find_distribution(const std::vector<LockedDistribution>& list, std::string_view name) {
    const auto found = std::find_if(list.begin(), list.end(), [&](const auto& one) { return one.name == name; });
    return found == list.end() ? nullptr : &*found;
}

bool LockedVenv::has_sdists() const {
    return std::any_of(distributions.begin(), distributions.end(),
                       [](const LockedDistribution& one) { return one.is_sdist(); });
}

}  // namespace tmplbuild
