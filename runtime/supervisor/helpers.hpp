// SPDX-License-Identifier: Apache-2.0
// Children that work for the launcher and not as a service: their errors are lines of the log, their output is their
// answer. Used for the GPU probe and for what kernels need. None of them is waited for, and what one means is its
// starter's to know.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "podlog/line_blocks.hpp"
#include "podlog/pod_log.hpp"
#include "supervisor/spawn.hpp"

namespace tmplbuild::launch {

// The last line of a program's output that says something.
std::string last_line(const std::string& text);

class Helpers {
  public:
    struct End {
        pid_t pid = -1;             // -1: there was no process to be had
        int status = 127 << 8;      // as wait(2) gives it
        std::string text{};         // what it printed, but for lines that were taken one by one
        std::string not_started{};  // why its program could not be executed
        std::string said() const { return last_line(text); }
    };
    struct Work {
        std::string name{};  // whose lines its errors are, in the log
        std::function<void(const End&)> on_end{};
        std::function<void(const std::string&)> on_line{};  // each line that it prints; left out: kept for the end
    };
    Helpers(Poller& poller, PodLog& log, const std::vector<std::string>& environment, std::function<Time()> now)
        : poller_(poller), log_(log), environment_(environment), now_(std::move(now)) {}
    ~Helpers();
    Helpers(const Helpers&) = delete;
    Helpers& operator=(const Helpers&) = delete;

    // Its pid; -1: it has ended already. `request` without an environment: the launcher's own.
    pid_t start(Work work, SpawnRequest request);
    bool owns(pid_t pid) const { return running_.contains(pid); }
    bool on_exit(pid_t pid, int status);  // true: it was one of these
    // Progress bars among its errors.
    Time next_due() const;
    void tick(Time now);

  private:
    struct Running {
        Work work{};
        int out = -1, err = -1, report = -1;
        std::string text{};
        LineBlocks errors{};
    };
    void read_answer(pid_t pid);
    void read_errors(pid_t pid);
    void take_lines(Running& helper);
    void close(int& fd);

    Poller& poller_;
    PodLog& log_;
    const std::vector<std::string>& environment_;
    std::function<Time()> now_;
    std::map<pid_t, Running> running_;
};

}  // namespace tmplbuild::launch
