// SPDX-License-Identifier: Apache-2.0
#include "resolve/source_requirement.hpp"

#include <algorithm>

#include "base/grammar.hpp"
#include "resolve/git.hpp"
#include "resolve/project_table.hpp"
#include "resolve/source_archive.hpp"

namespace tmplbuild {

namespace {

Result<std::string> commit_for(const SourceTree& tree, const std::vector<LockedDistribution>& earlier,
                               ResolveContext& context) {
    if (!tree.commit.empty()) return tree.commit;
    for (const LockedDistribution& one : earlier) {
        const auto was = SourceTree::parse(one.source);
        if (!was || !was->is_commit()) continue;
        SourceTree same = tree;
        same.commit = was->commit;
        same.subdirectory = was->subdirectory;
        if (same.to_string() == was->to_string()) return was->commit;
    }
    return find_commit(tree.url, tree.named, context);
}

// While its version is not known, the archive has a provisional name for messages.
Result<LockedDistribution> archive(const SourceTree& tree, const AskedRequirement& asked, ResolveContext& context) {
    auto made = archive_source(tree, asked.local.value_or(ContextFile{}), context);
    if (!made) {
        Error error = made.error();
        if (error.kind == ErrorKind::build) error.kind = ErrorKind::usage;
        return error;
    }
    // The archive has a digest of other bytes, so the folder's digest is taken again.
    if (asked.content) {
        auto now = digest_source_folder(*asked.local);
        if (!now) return now.error();
        if (*now != *asked.content) return changed_meanwhile(asked);
    }
    LockedDistribution out;
    out.file = std::string(source_archive_top) + ".tar";
    out.sha256 = made->sha256;
    out.size = made->size;
    out.source = tree.to_string();
    out.editable = asked.place;
    return out;
}

// A file name has no '!' of an epoch and no other character that a version could add.
std::string file_name(const SdistMetadata& metadata) {
    std::string out = metadata.name + "-" + metadata.version + ".tar";
    std::replace(out.begin(), out.end(), '!', '_');
    return out;
}

void say_what_it_becomes(const AskedRequirement& asked, const SourceTree& tree, const DirectFile& file,
                         ResolveContext& context) {
    const std::string what = file.distribution.name + " " + file.distribution.version;
    if (asked.what.editable && asked.place.empty())
        context.progress.message(asked.where.to_string() + ": " + what +
                                 " is installed as a copy, since no layer puts its repository into the image (-e)");
    if (file.distribution.version == tree.scm_version() && tree.scm_version().starts_with("0.0"))
        context.progress.message(
            asked.where.to_string() + ": " + what +
            " has its version from git's tags, which sources do not bring; a requirement by the tag "
            "(@v1.2.3) gives it that version");
}

}  // namespace

Result<DirectFile> take_sources(const AskedRequirement& asked, const std::vector<LockedDistribution>& earlier,
                                const AskBackend& ask, ResolveContext& context) {
    SourceTree tree = *asked.tree;
    if (tree.is_commit()) {
        auto commit = commit_for(tree, earlier, context);
        if (!commit) return commit.error();
        tree.commit = std::move(*commit);
    }
    auto distribution = archive(tree, asked, context);
    if (!distribution) return distribution.error();
    DirectFile file{std::move(*distribution), {}, {}};
    LockedDistribution& one = file.distribution;
    const std::filesystem::path blob = context.store.blob_path(one.sha256);
    auto project = read_pyproject(blob, tree.subdirectory);
    if (!project) return project.error();
    std::optional<SdistMetadata> said;
    if (*project) {
        auto table = read_project_table(**project, "pyproject.toml of " + tree.shown());
        if (!table) return table.error();
        said = std::move(*table);
    }
    if (!said) {
        auto asked_for = ask(one);
        if (!asked_for) return asked_for.error().while_doing("asking what " + tree.shown() + " is");
        said = std::move(*asked_for);
    }
    if (!is_project_name(said->name) || !is_python_version(said->version))
        return usage_error("the sources of " + tree.shown() + " do not say their name and version");
    file.metadata = std::move(*said);
    file.metadata.name = one.name = normalized_project(file.metadata.name);
    one.version = file.metadata.version;
    one.file = file_name(file.metadata);
    say_what_it_becomes(asked, tree, file, context);
    return file;
}

}  // namespace tmplbuild
