// SPDX-License-Identifier: Apache-2.0
// Where ComfyUI looks for model files: its folder names with the older ones that it still reads, and what
// extra_model_paths.yaml adds. Used by the catalogue's reader, the console and whoever places a file. Pure.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace tmplbuild::catalogue {

// A kind of ComfyUI's: its name, and the folders below models/ that are read for it, the one for new files first.
struct FolderKind {
    std::string_view name;
    std::vector<std::string_view> folders;
};
const std::vector<FolderKind>& folder_kinds();
// By its name or one of its folders ("unet" gives diffusion_models); none where ComfyUI itself has no such folder.
const FolderKind* folder_kind(std::string_view folder);
// The folder that was meant by a name that ComfyUI does not read: "lora" gives "loras". Empty: nothing is near.
std::string near_folder(std::string_view folder);

// The kind and what is below it, of an entry's directory: "unet/wan" gives {"diffusion_models", "wan"}. A folder that
// ComfyUI does not know, as custom nodes have them, is its own kind.
struct KindPath {
    std::string kind, below;
};
KindPath kind_path(std::string_view directory);

// Words that follow "the name" or "the folder"; none where it is good.
std::optional<std::string> problem_of_file_name(std::string_view name);
std::optional<std::string> problem_of_directory(std::string_view directory, std::string& hint);

// Folders in the order in which ComfyUI looks into them.
using ModelFolders = std::map<std::string, std::vector<std::string>>;  // kind → absolute paths
ModelFolders folders_of(const std::string& models_root);

struct ExtraFolder {
    std::string kind;
    std::string path;         // absolute
    bool is_default = false;  // comes before ComfyUI's own
};
struct PathsContext {
    std::string file;  // its absolute path; relative paths in it start from its folder
    std::map<std::string, std::string> environment{};
};
// ComfyUI's utils/extra_config.py: blocks, each with an optional base_path and is_default, else a kind with one path a
// line. Errors have their line and column.
Result<std::vector<ExtraFolder>> read_extra_model_paths(std::string_view text, const PathsContext& context);
void add_extra(ModelFolders& folders, const std::vector<ExtraFolder>& extra);

}  // namespace tmplbuild::catalogue
