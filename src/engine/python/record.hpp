// SPDX-License-Identifier: Apache-2.0
// RECORD, the list of a distribution's files: read from wheels and venvs, written into venvs (Python packaging user
// guide, "Recording installed projects" and "Binary distribution format"). CSV in the dialect of Python's csv module.
// Never touches the files themselves. Used to lay out venvs and to take distributions out of one.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace tmplbuild {

struct RecordRow {
    std::string path;  // '/' between parts; relative to the folder that holds the .dist-info folder
    std::string hash;  // "sha256=…"; empty for RECORD itself
    std::string size;  // decimal bytes, or empty
};

// Rows without a path are left out. Errors: an open quote, a row of more than three fields.
Result<std::vector<RecordRow>> parse_record(std::string_view text);
// Sorted by path; lines end in CR LF, as Python's csv.writer and so every RECORD of pip has it.
std::string write_record(std::vector<RecordRow> rows);

}  // namespace tmplbuild
