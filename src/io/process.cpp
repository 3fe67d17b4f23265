// SPDX-License-Identifier: Apache-2.0
#include "io/process.hpp"

#include <termios.h>
#include <unistd.h>

#include <cstdlib>

#include "base/text.hpp"
#include "io/tool_run.hpp"

namespace tmplbuild::io {

namespace fs = std::filesystem;

namespace {

// Restores a terminal's settings when this value ends, since a program that is killed leaves its own settings.
class KeptTerminal {
  public:
    explicit KeptTerminal(bool keep) : kept_(keep && ::tcgetattr(STDIN_FILENO, &settings_) == 0) {}
    KeptTerminal(const KeptTerminal&) = delete;
    KeptTerminal& operator=(const KeptTerminal&) = delete;
    ~KeptTerminal() {
        if (kept_) ::tcsetattr(STDIN_FILENO, TCSADRAIN, &settings_);
    }

  private:
    termios settings_{};
    bool kept_;
};

}  // namespace

std::string ProcessResult::tail_text() const { return join(tail, "\n"); }

std::optional<fs::path> find_program(const std::string& name) {
    if (name.find('/') != std::string::npos)
        return ::access(name.c_str(), X_OK) == 0 ? std::optional<fs::path>(name) : std::nullopt;
    const char* path = std::getenv("PATH");
    std::vector<std::string> folders = split(path == nullptr ? "/usr/local/bin:/usr/bin:/bin" : path, ':');
    folders.insert(folders.end(), {"/usr/sbin", "/sbin"});
    for (const std::string& folder : folders) {
        const fs::path candidate = fs::path(folder.empty() ? "." : folder) / name;
        std::error_code failed;
        if (fs::is_regular_file(candidate, failed) && ::access(candidate.c_str(), X_OK) == 0) return candidate;
    }
    return std::nullopt;
}

Result<ProcessResult> SystemProcessRunner::run(const Command& command, std::stop_token stop) {
    if (command.argv.empty()) return machine_error("a command without a program was asked for");
    const auto program = find_program(command.argv[0]);
    if (!program)
        return machine_error("the program '" + command.argv[0] + "' is not on this machine",
                             "install the package that brings it");
    if (stop.stop_requested())
        return Error{.kind = ErrorKind::interrupted, .message = "stopped before running " + command.argv[0]};
    const KeptTerminal terminal(command.pass_terminal);
    return run_tool(command, *program, stop);
}

Result<ProcessResult> checked(Result<ProcessResult> result, const std::string& what) {
    if (!result || (result->exit_code == 0 && !result->timed_out)) return result;
    Error error = build_error(what + (result->timed_out ? " took longer than its time limit"
                                                        : " failed (exit " + std::to_string(result->exit_code) + ")"));
    error.detail = result->tail_text();
    return error;
}

Result<ProcessResult> ProcessRunner::run_checked(const Command& command, std::stop_token stop,
                                                 const std::string& what) {
    return checked(run(command, std::move(stop)), what);
}

}  // namespace tmplbuild::io
