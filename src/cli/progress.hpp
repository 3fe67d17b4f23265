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
// Before results go to stdout: live lines that were still there would be taken for them, and they for live lines.
void end_live_lines(Progress& progress);
// The errors that ended a command, as text or as JSON lines; on a terminal with the end of a tool's output only.
void print_errors(const std::vector<Error>& errors, ProgressKind kind);
// "base: built in 12 s (Debian bookworm)", what every view says about a step that ended.
std::string ending(const std::string& step, StepOutcome outcome, double seconds, const std::string& note);

}  // namespace tmplbuild::cli
