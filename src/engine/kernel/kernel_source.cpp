// SPDX-License-Identifier: Apache-2.0
#include "engine/kernel/kernel_source.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <vector>

#include "engine/archive_entries.hpp"
#include "resolve/context_files.hpp"
#include "resolve/file_digest.hpp"
#include "resolve/git.hpp"
#include "sys/beneath.hpp"
#include "sys/fd.hpp"
#include "sys/git_environment.hpp"

namespace tmplbuild {

namespace fs = std::filesystem;

static constexpr std::uint64_t largest_recipe_file = 64 << 20;  // bytes

static Result<void> copy_file(const ContextFiles& files, const std::string& relative, unsigned mode,
                              const fs::path& to) {
    auto from = files.open_file(relative);
    if (!from) return from.error();
    auto into = sys::open_fd(to, O_WRONLY | O_CREAT | O_EXCL, mode);
    if (!into) return into.error();
    std::vector<std::byte> buffer(256 << 10);
    for (;;) {
        auto got = sys::read_full(from->get(), buffer, files.shown(relative));
        if (!got) return got.error();
        const auto data = std::span<const std::byte>(buffer).first(*got);
        if (auto written = sys::write_all(into->get(), data, to); !written) return written;
        if (*got < buffer.size()) return {};
    }
}

static Result<void> copy_folder(const FileItem& source, const fs::path& to) {
    auto files = ContextFiles::open(source);
    if (!files) return files.error();
    if (!files->is_folder())
        return usage_error(source.source.string() + " is a file, and a kernel's source is a folder");
    return files->walk([&](const std::string& relative, const struct stat& facts) -> Result<void> {
        const fs::path place = to / relative;
        if (S_ISDIR(facts.st_mode)) return sys::make_directories(place);
        if (S_ISREG(facts.st_mode)) return copy_file(*files, relative, facts.st_mode & 0777, place);
        if (!S_ISLNK(facts.st_mode))
            return build_error("'" + files->shown(relative).string() + "' is neither a file, a folder nor a link",
                               "leave it out with `exclude`");
        auto target = files->read_link(relative);
        if (!target) return target.error();
        std::error_code failed;
        fs::create_symlink(*target, place, failed);
        return failed ? Result<void>(os_error("make the link", place, failed.value())) : Result<void>();
    });
}

static Result<void> copy_planned_folder(const PlannedSource& planned, const fs::path& to) {
    if (auto copied = copy_folder(planned.recipe.source_folder, to); !copied) return copied;
    const FileItem copy{.source = to};
    auto now = digest_files({&copy, 1});
    if (!now) return now.error();
    if (*now != planned.source)
        return build_error("the source of the kernel '" + planned.kernel + "' changed while it was read",
                           "build again");
    return {};
}

Result<std::string> read_recipe_file(const KernelRecipe& recipe, const fs::path& file) {
    auto folder = sys::Beneath::open(recipe.directory, sys::Outside::refused);
    if (!folder) return folder.error();
    auto text = folder->read_file(file.lexically_relative(recipe.directory).string(), largest_recipe_file);
    if (text) return text;
    Error error = text.error();
    if (error.kind == ErrorKind::build) error.kind = ErrorKind::usage;
    return error;
}

static Result<void> apply_patch(const PlannedSource& planned, std::size_t at, const fs::path& to,
                                StepContext& context) {
    const fs::path& patch = planned.recipe.patches[at];
    const std::string name = patch.filename();
    auto text = read_recipe_file(planned.recipe, patch);
    if (!text) return text.error();
    if (Sha256::of(*text) != planned.patches.at(at))
        return build_error("the patch '" + name + "' of the kernel '" + planned.kernel + "' changed while it was read",
                           "build again");
    // Without a ceiling, git would find a repository in a folder above, and skip files that it does not track.
    io::Command command{.argv = {"git", "apply", "-p1", "--whitespace=nowarn", "-"},
                        .environment = git_reading_environment(),
                        .inherit_environment = false,
                        .directory = to,
                        .stdin_text = std::move(*text)};
    command.environment["GIT_CEILING_DIRECTORIES"] = to.parent_path();
    auto done = context.processes.run_checked(command, context.stop, "applying the patch '" + name + "'");
    if (done) return {};
    Error error = done.error();
    if (error.kind == ErrorKind::build)
        error.hint = "the patch is for another commit of '" + planned.kernel + "': make it anew with `git diff`";
    return error;
}

static Result<void> unpack_source(const PlannedSource& planned, const Digest& archive, std::uint32_t strip,
                                  const fs::path& to, StepContext& context) {
    auto done = unpack_archive(context.store.blob_path(archive), to, strip);
    if (!done) return Error(done.error()).while_doing("unpacking the source of the kernel '" + planned.kernel + "'");
    return {};
}

Result<void> lay_kernel_source(const PlannedSource& planned, const fs::path& to, StepContext& context) {
    const KernelRecipe& recipe = planned.recipe;
    if (!recipe.source_url.empty()) {
        ResolveContext resolving = context.resolving();
        if (auto done = checkout_git(commit_of(recipe), to, resolving); !done) return done;
    } else if (!recipe.archive_url.empty()) {
        auto archive = Digest::parse_hex(recipe.archive_sha256);
        if (!archive) return archive.error();
        if (auto done = unpack_source(planned, *archive, recipe.archive_strip, to, context); !done) return done;
    } else if (!planned.sdist.empty()) {
        if (auto done = unpack_source(planned, planned.sdist.front().sha256, sdist_strip, to, context); !done)
            return done;
    } else if (auto copied = copy_planned_folder(planned, to); !copied) {
        return copied;
    }
    for (std::size_t at = 0; at < recipe.patches.size(); ++at)
        if (auto applied = apply_patch(planned, at, to, context); !applied) return applied;
    return {};
}

}  // namespace tmplbuild
