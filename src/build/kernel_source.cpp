// SPDX-License-Identifier: Apache-2.0
#include "build/kernel_source.hpp"

#include "resolve/file_digest.hpp"
#include "resolve/git.hpp"

namespace tmplbuild {

namespace fs = std::filesystem;

static Result<void> copy_folder(const fs::path& from, const fs::path& to, const std::vector<std::string>& exclude,
                                const std::string& below) {
    std::error_code failed;
    for (const auto& entry : fs::directory_iterator(from / below, failed)) {
        const std::string name = entry.path().filename();
        const std::string relative = below.empty() ? name : below + "/" + name;
        if (is_excluded(exclude, relative)) continue;
        if (entry.is_symlink(failed)) {
            fs::copy_symlink(entry.path(), to / relative, failed);
        } else if (entry.is_directory(failed)) {
            if (auto made = io::make_directories(to / relative); !made) return made;
            if (auto copied = copy_folder(from, to, exclude, relative); !copied) return copied;
        } else {
            fs::copy_file(entry.path(), to / relative, failed);
        }
        if (failed) return os_error("copy", entry.path(), failed.value());
    }
    if (failed) return os_error("read the folder", from / below, failed.value());
    return {};
}

Result<void> lay_kernel_source(const KernelSpec& spec, const fs::path& to, StepContext& context) {
    const KernelRecipe& recipe = spec.recipe;
    if (!recipe.source_url.empty()) {
        ResolveContext resolving = context.resolving();
        return checkout_git(recipe.source_url, recipe.source_rev, false, to, resolving);
    }
    if (auto copied = copy_folder(recipe.source_path, to, recipe.source_exclude, ""); !copied) return copied;
    FilesLayer copy;
    copy.items.push_back({.source = to});
    auto now = digest_files(copy);
    if (!now) return now.error();
    if (*now != spec.source)
        return build_error("the source of the kernel '" + spec.kernel + "' changed while it was read", "build again");
    return {};
}

}  // namespace tmplbuild
