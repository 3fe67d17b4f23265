// SPDX-License-Identifier: Apache-2.0
#include "kernel/toolkit_links.hpp"

#include <string>
#include <vector>

namespace tmplbuild {

Result<void> link_libraries(const std::filesystem::path& folder) {
    std::error_code failed;
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder, failed))
        names.push_back(entry.path().filename());
    for (const std::string& name : names) {
        const std::size_t end = name.find(".so.");
        if (end == std::string::npos) continue;
        const std::filesystem::path link = folder / name.substr(0, end + 3);
        if (!std::filesystem::exists(link, failed)) std::filesystem::create_symlink(name, link, failed);
        if (failed) return os_error("link", link.string(), failed.value());
    }
    return {};
}

}  // namespace tmplbuild
