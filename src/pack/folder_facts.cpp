// SPDX-License-Identifier: Apache-2.0
#include "pack/folder_facts.hpp"

#include "base/text.hpp"

namespace tmplbuild {

std::string FolderFacts::resolve(const std::string& path) const {
    std::string out;
    for (const std::string& part : split(path, '/')) {
        out += (out.empty() ? "" : "/") + part;
        // Targets in the map are already resolved fully, so one look-up for each component is enough.
        if (auto found = symlinks.find(out); found != symlinks.end()) out = found->second;
    }
    return out;
}

}  // namespace tmplbuild
