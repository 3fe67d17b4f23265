// SPDX-License-Identifier: Apache-2.0
// Shows made-up steps through the real progress views, for tests/e2e/terminal.sh: progress_demo KIND MODE SECONDS.
// Modes: steps (two side by side, then both end), many (40 at once), fail (one fails with a long output), late (lines
// of a step that has ended, and one that never ends).
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>

#include "cli/progress.hpp"

using namespace tmplbuild;
using namespace tmplbuild::cli;

static void wait(double seconds) { std::this_thread::sleep_for(std::chrono::duration<double>(seconds)); }

static void steps(Progress& progress, double seconds) {
    progress.finished("files:site", StepOutcome::hit, 0, "the site");
    progress.started("base", "resolving");
    wait(0.3);
    progress.started("base", "installing");
    progress.started("python:/opt/venv", "laying down");
    for (int i = 0; i < static_cast<int>(seconds * 20); ++i) {
        progress.line("base",
                      "Get: 7%\rGet: 8% \033[31mof a line that is long enough to be cut where the window "
                      "ends, and which goes on and on and on");
        progress.bytes("python:/opt/venv", static_cast<std::uint64_t>(i + 1) * 1'000'000, 2'000'000'000);
        wait(0.05);
    }
    progress.finished("base", StepOutcome::built, seconds, "");
    progress.message("a warning");
    wait(0.5);
    progress.finished("python:/opt/venv", StepOutcome::built, seconds, "2 GB");
}

static void many(Progress& progress, double seconds) {
    for (int i = 1; i <= 40; ++i) progress.started("step" + std::to_string(i), "running");
    wait(seconds);
    for (int i = 1; i <= 40; ++i) progress.finished("step" + std::to_string(i), StepOutcome::built, seconds, "");
}

static std::vector<Error> fail(Progress& progress, double seconds) {
    progress.started("run:bad", "running");
    wait(seconds);
    progress.finished("run:bad", StepOutcome::failed, seconds, "");
    std::string detail;
    for (int i = 1; i <= 100; ++i) detail += (i == 1 ? "" : "\n") + ("\033[7moutput " + std::to_string(i));
    Error error = build_error("the command failed (exit 3)", "look at the last line");
    error.detail = detail;
    error.while_doing("building the step run:bad");
    return {error};
}

static void late(Progress& progress, double seconds) {
    progress.started("a", "running");
    progress.started("never-ends", "running");
    progress.finished("a", StepOutcome::built, seconds, "");
    progress.line("a", "late line");
    progress.bytes("a", 1, 2);
    progress.doing("a", "late");
    wait(seconds);
    end_live_lines(progress);
    std::printf("result 1\nresult 2\n");
    std::fflush(stdout);
    progress.line("never-ends", "still here");
    wait(0.5);
}

int main(int argc, char** argv) {
    if (argc != 4) return 2;
    const std::string kind = argv[1], mode = argv[2];
    const ProgressKind shown = kind == "tty"     ? ProgressKind::tty
                               : kind == "plain" ? ProgressKind::plain
                               : kind == "json"  ? ProgressKind::json
                                                 : ProgressKind::automatic;
    const double seconds = std::strtod(argv[3], nullptr);
    std::unique_ptr<Progress> progress = make_progress(shown);
    std::vector<Error> errors;
    if (mode == "steps") steps(*progress, seconds);
    if (mode == "many") many(*progress, seconds);
    if (mode == "fail") errors = fail(*progress, seconds);
    if (mode == "late") late(*progress, seconds);
    progress.reset();
    print_errors(errors, shown);
    std::printf("ended\n");
    return 0;
}
