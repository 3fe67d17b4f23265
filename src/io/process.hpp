// SPDX-License-Identifier: Apache-2.0
// Runs one program and waits for it: argument vector, exact environment, output by line, stop by token, peak memory.
// Used by every stage that needs a tool (uv, apt, git, runc, mmdebstrap). Never goes through a shell, never changes
// this process's directory or environment.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/secret_mask.hpp"

namespace tmplbuild::io {

struct Command {
    std::vector<std::string> argv;  // argv[0] is looked up in this process's PATH unless it has a '/'
    std::map<std::string, std::string> environment{};  // the child's whole environment …
    bool inherit_environment = true;                   // … or additions to this process's when true
    std::filesystem::path directory{};                 // empty: this process's
    std::string stdin_text{};                          // empty: /dev/null …
    bool hold_stdin = false;                           // … or, when true, a pipe that closes when this process ends
    bool pass_stdin = false;                           // … or this process's own
    // Standard input, output and error are this process's own, with its terminal. The program stays in this process's
    // group, none of its output is read, and the terminal's settings are restored when it ends.
    bool pass_terminal = false;
    std::optional<std::chrono::seconds> timeout{};
    std::chrono::seconds stop_grace{3};  // between TERM and KILL, after a stop or a time limit
    std::function<void(std::string_view line)>
        on_line{};                // each output line of stdout and stderr, as it comes; called on any thread
    SecretMask mask{};            // hidden in every line and in the tail
    bool capture_stdout = true;   // into ProcessResult::out (at most 64 MiB)
    std::size_t keep_tail = 200;  // last lines of both streams kept for errors
};

struct ProcessResult {
    int exit_code = 0;              // 128 + signal when killed
    std::string out;                // stdout
    std::vector<std::string> tail;  // last lines of stdout and stderr, as they came
    double seconds = 0;
    std::uint64_t peak_memory = 0;   // bytes, of the largest process (rusage maxrss); in a sandbox, of all together
    bool killed_for_memory = false;  // whether Linux killed one of its processes for memory; only a sandbox can tell
    bool timed_out = false;
    std::string tail_text() const;
};

// Returns a result unchanged, but turns an exit code other than 0 and a reached time limit into a build_error with the
// tail as detail: "<what> failed (exit 3)".
Result<ProcessResult> checked(Result<ProcessResult> result, const std::string& what);

// The seam at which tests see what would be run, instead of running it.
class ProcessRunner {
  public:
    virtual ~ProcessRunner() = default;
    // An error only when the program could not be started (machine_error with its name) or `stop` was requested
    // (interrupted; the child's whole process group got TERM, then KILL after stop_grace). A non-zero exit code is a
    // result.
    virtual Result<ProcessResult> run(const Command& command, std::stop_token stop) = 0;
    // Like run(), then checked().
    Result<ProcessResult> run_checked(const Command& command, std::stop_token stop, const std::string& what);
};

class SystemProcessRunner : public ProcessRunner {
  public:
    Result<ProcessResult> run(const Command& command, std::stop_token stop) override;
};

// The full path of a program in PATH (and in /usr/sbin and /sbin, which a user's PATH may lack); none where it is
// missing.
std::optional<std::filesystem::path> find_program(const std::string& name);

}  // namespace tmplbuild::io
