// SPDX-License-Identifier: Apache-2.0
// A layer as the template has it: one type for each kind, listed in LayerBody (see CONTRIBUTING.md). Read by
// read_layers.cpp; plan/ makes a step of it. Plain values that never touch the disk.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/error.hpp"
#include "template/file_item.hpp"
#include "template/index_strategy.hpp"

namespace tmplbuild {

using StringMap = std::map<std::string, std::string>;

// One `[[layers]]` entry whose engine makes a layer; `kind` is its `use`. `name` is unique and names the step. `after`
// of a run step says which layers it stands on: absent, all layers above it; given, only the base and those named (so
// that independent steps run at the same time).
struct FilesLayer {
    static constexpr const char* kind = "files";
    std::vector<FileItem> items;
};
struct FetchLayer {
    static constexpr const char* kind = "fetch";
    std::string url;
    std::string sha256;  // 64 hex digits
    std::string dest;    // file path, or folder when `unpack`
    std::uint32_t mode = 0644;
    bool unpack = false;      // tar.* or zip, by content
    std::uint32_t strip = 0;  // leading path components dropped when unpacking
};
struct GitLayer {
    static constexpr const char* kind = "git";
    std::string url;
    std::string rev;  // 40 hex digits
    std::string dest;
    bool submodules = false;
    // `lfs = "pointers"`: files that Git LFS keeps elsewhere stay pointers; otherwise they are an error.
    bool lfs_pointers = false;
};
struct AptLayer {
    static constexpr const char* kind = "apt";
    std::vector<std::string> packages;
};
struct PythonIndex {
    std::string url;                    // http or https, without user and password
    std::vector<std::string> packages;  // these come from it alone; empty: any project that it has
    bool is_default = false;            // asked last, in place of the machine's own default
    SourcePos pos;
};
struct PythonLayer {
    static constexpr const char* kind = "python";
    std::string venv;                            // absolute path in the image
    std::string python;                          // the base's interpreter: its path, or "3.12"; empty: the one on PATH
    std::vector<std::string> requirements;       // PEP 508; several layers naming one venv are resolved together
    std::vector<std::string> requirements_from;  // "layer:path/inside"
    std::vector<std::string> constraints;
    std::vector<std::string> build_requirements;  // what sdists need for their build and do not declare
    std::vector<PythonIndex> indexes;             // in the order in which they are asked
    std::optional<IndexStrategy> index_strategy;  // none: the first index that has a project decides
    std::vector<std::string> allow_shared;        // distributions that may own each other's files, by name
    std::vector<std::string> allow_bad_record;    // distributions whose RECORD may be wrong, by name
    std::vector<std::filesystem::path> own{};     // absolute: what the tool itself writes; it is never part of sources
};
struct RunLayer {
    static constexpr const char* kind = "run";
    std::vector<std::string> command;  // argument vector; or
    std::string script;                // text that `sh -eu` runs
    std::string directory = "/";
    StringMap environment;
    bool network = false;
    std::optional<std::vector<std::string>> after;
    std::vector<std::string> secrets;  // names; each is a file at /run/secrets/<name>, given on the command line
};
using LayerBody = std::variant<FilesLayer, FetchLayer, GitLayer, AptLayer, PythonLayer, RunLayer>;
struct Layer {
    std::string name;
    LayerBody body;
    SourcePos pos;
    std::string from_recipe;  // the recipe that added it, for messages; empty when the template has it itself
    const char* kind() const {
        return std::visit([](const auto& one) { return one.kind; }, body);
    }
};

}  // namespace tmplbuild
