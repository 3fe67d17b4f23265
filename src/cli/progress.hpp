// SPDX-License-Identifier: Apache-2.0
// How progress is shown, always on stderr: live lines on a terminal, plain lines elsewhere, one JSON object a line for
// programs. Chosen once in main.cpp. Never writes results: those go to stdout.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/progress.hpp"

namespace tmplbuild::cli {

enum class ProgressKind { automatic, tty, plain, json };

// `automatic`: tty when stderr is a terminal that is not dumb, else plain. NO_COLOR (no-color.org) is obeyed.
std::unique_ptr<Progress> make_progress(ProgressKind kind);
// The errors that ended a command, as text or as JSON lines.
void print_errors(const std::vector<Error>& errors, ProgressKind kind);

}  // namespace tmplbuild::cli
