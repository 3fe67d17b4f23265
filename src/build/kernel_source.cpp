// SPDX-License-Identifier: Apache-2.0
#include "build/kernel_source.hpp"

#include "resolve/file_digest.hpp"
#include "resolve/git.hpp"
#include "resolve/git_environment.hpp"

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
            if (auto made = sys::make_directories(to / relative); !made) return made;
            if (auto copied = copy_folder(from, to, exclude, relative); !copied) return copied;
        } else {
            fs::copy_file(entry.path(), to / relative, failed);
        }
        if (failed) return os_error("copy", entry.path(), failed.value());
    }
    if (failed) return os_error("read the folder", from / below, failed.value());
    return {};
}

static Result<void> apply_patch(const PlannedSource& planned, std::size_t at, const fs::path& to,
                                StepContext& context) {
    const fs::path& patch = planned.recipe.patches[at];
    const std::string name = patch.filename();
    auto digest = sys::hash_file(patch);
    if (!digest) return digest.error();
    if (*digest != planned.patches.at(at))
        return build_error("the patch '" + name + "' of the kernel '" + planned.kernel + "' changed while it was read",
                           "build again");
    // Without a ceiling, git would find a repository above and leave out what that does not track.
    io::Command command{.argv = {"git", "apply", "-p1", "--whitespace=nowarn", "--", patch},
                        .environment = git_reading_environment(),
                        .inherit_environment = false,
                        .directory = to};
    command.environment["GIT_CEILING_DIRECTORIES"] = to.parent_path();
    auto done = context.processes.run_checked(command, context.stop, "applying the patch '" + name + "'");
    if (done) return {};
    Error error = done.error();
    if (error.kind == ErrorKind::build)
        error.hint = "the patch is for another commit of '" + planned.kernel + "': make it anew with `git diff`";
    return error;
}

Result<void> lay_kernel_source(const PlannedSource& planned, const fs::path& to, StepContext& context) {
    const KernelRecipe& recipe = planned.recipe;
    if (!recipe.source_url.empty()) {
        ResolveContext resolving = context.resolving();
        auto done =
            checkout_git({recipe.source_url, recipe.source_rev, recipe.source_submodules, recipe.source_lfs_pointers},
                         to, resolving);
        if (!done) return done;
    } else {
        if (auto copied = copy_folder(recipe.source_path, to, recipe.source_exclude, ""); !copied) return copied;
        FilesLayer copy;
        copy.items.push_back({.source = to});
        auto now = digest_files(copy);
        if (!now) return now.error();
        if (*now != planned.source)
            return build_error("the source of the kernel '" + planned.kernel + "' changed while it was read",
                               "build again");
    }
    for (std::size_t at = 0; at < recipe.patches.size(); ++at)
        if (auto applied = apply_patch(planned, at, to, context); !applied) return applied;
    return {};
}

}  // namespace tmplbuild
