// SPDX-License-Identifier: Apache-2.0
// What kind of file a name stands for: its MIME type, the category that pages show, and whether a browser may show it
// beside the console's own pages. Used by lists, previews and downloads. Pure; looks into no file.
#pragma once

#include <string>
#include <string_view>

namespace tmplbuild::console::files {

struct FileKind {
    std::string_view mime_type, category;  // category: image, video, audio, text, pdf, archive, code, model, file
};
FileKind kind_of(std::string_view name);

// The type by which a browser may show it; empty: it is only downloaded. Text of any sort is plain text.
std::string inline_type(const FileKind& kind);

}  // namespace tmplbuild::console::files
