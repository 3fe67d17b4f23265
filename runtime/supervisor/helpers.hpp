// SPDX-License-Identifier: Apache-2.0
// Child processes that work for the launcher and are no services: their errors become lines of the log, their output is
// their answer. Used for the GPU probe and for work on kernels. The launcher never blocks for one, and only the code
// that started one judges its answer.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "podlog/line_blocks.hpp"
#include "podlog/pod_log.hpp"
#include "supervisor/spawn.hpp"

namespace tmplbuild::launch {

// The last line of a program's output that is not empty.
std::string last_line(const std::string& text);

class Helpers {
  public:
    struct End {
        pid_t pid = -1;             // -1: no process could be made
        int status = 127 << 8;      // as wait(2) gives it
        std::string text{};         // what it printed, without the lines that on_line took
        std::string not_started{};  // why its program could not be executed
        std::string said() const { return last_line(text); }
    };
    struct Work {
        std::string name{};  // the name before its errors in the log
        std::function<void(const End&)> on_end{};
        // Takes each line that it prints; not set: the output is kept for the end.
        std::function<void(const std::string&)> on_line{};
    };
    Helpers(Poller& poller, PodLog& log, const std::vector<std::string>& environment, std::function<Time()> now)
        : poller_(poller), log_(log), environment_(environment), now_(std::move(now)) {}
    ~Helpers();
    Helpers(const Helpers&) = delete;
    Helpers& operator=(const Helpers&) = delete;

    // Returns its pid; -1: it could not be started, and its end was reported already. A `request` without an
    // environment gets the launcher's own.
    pid_t start(Work work, SpawnRequest request);
    bool owns(pid_t pid) const { return running_.contains(pid); }
    bool on_exit(pid_t pid, int status);  // true: the process was one of these
    // When the newest state of a progress bar among its errors is due.
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
