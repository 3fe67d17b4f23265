// SPDX-License-Identifier: Apache-2.0
// One thing that a template copies from its own folder into an image, or compiles: a file, a folder, a text. Part of
// `files` layers and of kernels' sources; read by resolve/context_files.hpp. A plain value that never touches the disk.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"

namespace tmplbuild {

struct FileItem {
    std::filesystem::path source{};       // absolute path on this machine; file or folder; empty when `text` is set
    std::optional<std::string> text{};    // inline content
    std::string dest{};                   // absolute path in the image; ends with '/' to mean "into this folder"
    std::optional<std::uint32_t> mode{};  // permission bits for files; default: 0755 if executable else 0644
    std::uint32_t uid = 0, gid = 0;
    std::vector<std::string> exclude{};  // globs relative to source
    SourcePos pos{};
    std::filesystem::path context{};  // absolute: the folder out of which the source may not lead; empty: its parent
    std::vector<std::filesystem::path> own{};  // absolute: what the tool itself writes; it is never copied
};

}  // namespace tmplbuild
