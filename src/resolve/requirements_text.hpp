// SPDX-License-Identifier: Apache-2.0
// The requirements of a venv as values with their places: lines of a template, and pip's requirements files
// ("Requirements File Format") with the files that they name by -r and -c. Every option is either obeyed or refused
// with its line; none is ignored. Used while planning, so that a wrong line is reported before a base is made, and by
// the resolution. Never asks an index, never opens a file by itself: its caller does.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/digest.hpp"
#include "resolve/source_tree.hpp"
#include "template/requirement.hpp"

namespace tmplbuild {

struct PlacedText {
    std::string value;
    SourcePos where;
};

// A file or a folder of the template's context, opened beneath it alone.
struct ContextFile {
    std::filesystem::path folder;  // absolute: the context
    std::string path;              // the path inside `folder`
    // Absolute: what the tool itself writes; it is no part of a folder of sources.
    std::vector<std::filesystem::path> own{};
};

struct AskedRequirement {
    Requirement what;
    SourcePos where;
    std::size_t root = 0;                // index of the RequirementsRoot that led to it
    std::optional<ContextFile> local{};  // for AddressKind::path in the context
    std::optional<Digest> content{};     // of `local`, once it was taken; it may not change after that
    std::optional<SourceTree>
        tree{};           // for a repository or a folder; the commit is empty where a branch or tag is named instead
    std::string place{};  // for an editable folder: where a layer puts the tree into the image
};

// The error for a file or a folder that has changed since its requirement was read.
Error changed_meanwhile(const AskedRequirement& asked);

struct AskedPython {
    std::vector<AskedRequirement> requirements, constraints;
    std::optional<PlacedText> index_url;                // replaces the machine's default index
    std::vector<PlacedText> extra_indexes, link_pages;  // addresses; they may hold a user and a password
    std::vector<ContextFile> link_folders;              // --find-links with a folder
    std::set<std::string> only_binary, no_binary;       // projects, or ":all:"
    // For each root: where pip's hash-checking mode was switched on.
    std::vector<std::optional<SourcePos>> hash_checked;
    bool no_index = false, prereleases = false, prefer_binary = false;
    std::vector<std::pair<std::string, std::string>> texts;  // every file that was read: its name and content
};

// The beginning of requirements: a file, or a list of the template (then `lines` is set and `read` is not).
struct RequirementsRoot {
    std::string name;    // in messages: "requirements.txt", "comfyui:requirements.txt"
    std::string path;    // of the file, for `read`; files that it names by -r count from its folder
    std::string before;  // the text before a path in messages: "comfyui:"
    std::optional<std::vector<PlacedText>> lines{};
    bool constraints = false;
    // Reads one file by its path, which holds no "..", beneath the folder or commit to which it belongs.
    std::function<Result<std::string>(const std::string& path)> read{};
    // Set where the template's author wrote the file: paths of wheels count from `path`'s folder and stay inside the
    // context, and ${NAME} stands for a user or password from this machine's environment.
    std::optional<std::filesystem::path> context{};
    std::vector<std::filesystem::path> own{};  // as in ContextFile
    // Set where the file is from a commit: folders that it names are the commit's.
    std::optional<SourceTree> commit{};
    // Where a layer puts a folder of the context, or the commit's own tree, into the image; empty where no layer does.
    std::function<std::string(const std::string& folder)> place{};
    std::function<std::string(const std::string& name)> environment{};
};

// Usage errors, with the place of the line: a line that is no requirement, options that cannot be obeyed
// (`--trusted-host`, `--config-settings`, …), an editable folder that no layer puts into the image, a file that
// includes itself, and in hash-checking mode a requirement that is not pinned to one version and a hash. The
// requirements are added to `before`, which other roots gave.
Result<AskedPython> read_requirements(const std::vector<RequirementsRoot>& roots, AskedPython before = {});

}  // namespace tmplbuild
