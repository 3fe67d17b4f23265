// SPDX-License-Identifier: Apache-2.0
// What a venv is asked for: lines of a template and pip's requirements files ("Requirements File Format"), with the
// files that they name by -r and -c, as values with their places. Every option is understood or refused by its line;
// none is left out. Used while planning, so that a wrong line is told before a base is made, and by the resolution.
// Never asks an index, never opens a file but through its caller.
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
    std::filesystem::path folder;              // absolute: the context
    std::string path;                          // inside of it
    std::vector<std::filesystem::path> own{};  // absolute: what the tool itself writes, no part of a folder of sources
};

struct AskedRequirement {
    Requirement what;
    SourcePos where;
    std::size_t root = 0;                // which RequirementsRoot it came by
    std::optional<ContextFile> local{};  // of AddressKind::path in the context
    std::optional<Digest> content{};     // of `local`, where that was looked at; it may not change from then on
    std::optional<SourceTree>
        tree{};           // of a repository or a folder; the commit is not known where a name stands for it
    std::string place{};  // of an editable folder: where a layer puts the tree into the image
};

// A file or a folder that is another one than when its requirement was read.
Error changed_meanwhile(const AskedRequirement& asked);

struct AskedPython {
    std::vector<AskedRequirement> requirements, constraints;
    std::optional<PlacedText> index_url;                 // instead of the machine's default index
    std::vector<PlacedText> extra_indexes, link_pages;   // addresses; they may hold a user and a password
    std::vector<ContextFile> link_folders;               // --find-links with a folder
    std::set<std::string> only_binary, no_binary;        // projects, or ":all:"
    std::vector<std::optional<SourcePos>> hash_checked;  // by root: where pip's hash-checking mode was turned on
    bool no_index = false, prereleases = false, prefer_binary = false;
    std::vector<std::pair<std::string, std::string>> texts;  // every file that was read: its name, its content
};

// Where requirements begin: a file, or a list of the template (then `lines` is set and `read` is not).
struct RequirementsRoot {
    std::string name;    // in messages: "requirements.txt", "comfyui:requirements.txt"
    std::string path;    // of the file, for `read`; what it names by -r starts from its folder
    std::string before;  // stands before a path in messages: "comfyui:"
    std::optional<std::vector<PlacedText>> lines{};
    bool constraints = false;
    // One file by its path, which may hold no "..", read beneath whatever folder or commit it belongs to.
    std::function<Result<std::string>(const std::string& path)> read{};
    // Set where the template's author wrote the file: paths of wheels count from `path`'s folder and stay inside the
    // context, and ${NAME} stands for a user or password of this machine's environment.
    std::optional<std::filesystem::path> context{};
    std::vector<std::filesystem::path> own{};  // as in ContextFile
    // Set where the file is one of a commit: folders that it names are the commit's.
    std::optional<SourceTree> commit{};
    // Where a layer puts a folder of the context, or the commit's own tree, into the image; empty where none does.
    std::function<std::string(const std::string& folder)> place{};
    std::function<std::string(const std::string& name)> environment{};
};

// Errors (usage) have the place of the line: what is no requirement, options that cannot be honoured (`--trusted-host`,
// `--config-settings`, …), an editable folder that no layer puts into the image, a file that names itself, in
// hash-checking mode a requirement that is not pinned to one version and a hash. `before`: what other roots asked for,
// to which these are added.
Result<AskedPython> read_requirements(const std::vector<RequirementsRoot>& roots, AskedPython before = {});

}  // namespace tmplbuild
