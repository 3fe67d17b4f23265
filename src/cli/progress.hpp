// SPDX-License-Identifier: Apache-2.0
// Shows progress, always on stderr: live lines on a terminal, plain lines elsewhere, one JSON object a line for
// programs. main.cpp chooses the kind once. Never writes results: those go to stdout.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/progress.hpp"

namespace tmplbuild::cli {

enum class ProgressKind { automatic, tty, plain, json };

// `automatic` means tty when stderr is a terminal that is not dumb, else plain. NO_COLOR (no-color.org) is obeyed.
std::unique_ptr<Progress> make_progress(ProgressKind kind);
// To be called before results go to stdout, since results and live lines on one terminal could not be told apart.
void end_live_lines(Progress& progress);
// Shows each line as a warning, from any thread; `progress` outlives it.
std::function<void(const std::string& text)> warnings_of(Progress& progress);
// Prints the errors that ended a command, as text or as JSON lines; on a terminal only the end of a tool's output.
void print_errors(const std::vector<Error>& errors, ProgressKind kind);
// What every view says about a step that ended: "base: built in 12 s (Debian bookworm)".
std::string ending(const std::string& step, StepOutcome outcome, double seconds, const std::string& note);

}  // namespace tmplbuild::cli
