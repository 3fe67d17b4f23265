// SPDX-License-Identifier: Apache-2.0
#include "verify/replaced_links.hpp"

#include <unordered_set>

#include "verify/root_view.hpp"

namespace tmplbuild {

using FileType = kernel::IndexedFile::Type;

std::vector<ReplacedLink> find_replaced_links(const std::vector<const kernel::LayerIndex*>& layers, std::size_t first) {
    std::vector<ReplacedLink> out;
    std::unordered_set<std::string> links;  // links of all layers below, hidden or not
    for (std::size_t i = 0; i < layers.size(); ++i) {
        std::vector<std::string> candidates;
        if (i >= first)
            for (std::string& folder : layers[i]->paths_of(FileType::directory))
                if (links.contains(folder) && !layers[i]->is_opaque(folder)) candidates.push_back(std::move(folder));
        if (!candidates.empty()) {
            const RootView below({layers.begin(), layers.begin() + static_cast<std::ptrdiff_t>(i)});
            for (const std::string& folder : candidates)
                if (const auto node = below.look(folder); node && node->file.type == FileType::symlink)
                    out.push_back({i, folder, below.leads_to(folder)});
        }
        for (std::string& link : layers[i]->paths_of(FileType::symlink)) links.insert(std::move(link));
    }
    return out;
}

}  // namespace tmplbuild
