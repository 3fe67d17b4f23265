// SPDX-License-Identifier: Apache-2.0
// Requirements as people write them (PEP 508 lines, pip's requirements files), made fit for a resolver that must find
// everything on an index: options are taken out with a warning or refused, addresses are refused. Never reads a file
// that a requirements file names.
#pragma once

#include <string>
#include <vector>

#include "base/error.hpp"

namespace tmplbuild {

struct CleanRequirements {
    std::string text;                   // as many lines as the input has, so that places in messages stay right
    std::vector<std::string> warnings;  // one line each: options that have no effect here
};

// `name` and the line go into errors (usage). Refused: direct references (PEP 508's "name @ URL", VCS and plain URLs,
// files and folders), `-r`, `-c`, `-e` and unknown options. Left out with a warning: what says where to look
// (`--index-url`, `--find-links`, …), since the machine's own pip settings say that.
Result<CleanRequirements> clean_requirements(const std::string& name, const std::string& content);

// "Torch_Vision" → "torch-vision" (PEP 503).
std::string normalized_project(std::string_view name);

}  // namespace tmplbuild
