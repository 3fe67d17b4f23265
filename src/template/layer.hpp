// SPDX-License-Identifier: Apache-2.0
// A layer, as the template says it: one type per kind, which LayerBody lists (see CONTRIBUTING.md). Read by
// read_layers.cpp; planned into a step. Plain values, which touch no disk.
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

// One `[[layers]]` entry whose engine makes a layer; `kind` is what its `use` says. `name` is unique and names the
// step; `after` of a run step says what it stands on: absent, all layers above it; given, the base and just the named
// ones (so that independent steps run side by side).
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
    bool lfs_pointers = false;  // `lfs = "pointers"`: files that Git LFS keeps elsewhere stay pointers, else an error
};
struct AptLayer {
    static constexpr const char* kind = "apt";
    std::vector<std::string> packages;
};
struct PythonIndex {
    std::string url;                    // http or https, without user and password
    std::vector<std::string> packages;  // these alone come from it, and from nowhere else; empty: whatever it has
    bool is_default = false;            // asked last, instead of the machine's own
    SourcePos pos;
};
struct PythonLayer {
    static constexpr const char* kind = "python";
    std::string venv;                            // absolute path in the image
    std::string python;                          // the base's interpreter: its path, or "3.12"; empty: what PATH finds
    std::vector<std::string> requirements;       // PEP 508; several layers naming one venv are resolved together
    std::vector<std::string> requirements_from;  // "layer:path/inside"
    std::vector<std::string> constraints;
    std::vector<std::string> build_requirements;  // what sdists need to be built and do not say
    std::vector<PythonIndex> indexes;             // in the order in which they are asked
    std::optional<IndexStrategy> index_strategy;  // none: the first index that knows a project has it
    std::vector<std::string> allow_shared;        // distributions that may own each other's files, by name
    std::vector<std::string> allow_bad_record;    // distributions whose RECORD may be wrong, by name
    std::vector<std::filesystem::path> own{};     // absolute: what the tool itself writes, no part of any sources
};
struct RunLayer {
    static constexpr const char* kind = "run";
    std::vector<std::string> command;  // argument vector; or
    std::string script;                // text, run by `sh -eu`
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
    std::string from_recipe;  // the recipe that brought it, for messages; empty when written in the template
    const char* kind() const {
        return std::visit([](const auto& one) { return one.kind; }, body);
    }
};

}  // namespace tmplbuild
