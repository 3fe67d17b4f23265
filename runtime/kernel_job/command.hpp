// SPDX-License-Identifier: Apache-2.0
// Runs one command of the job: its output goes to the job's stderr (the pod's log) line by line, and it is ended when
// the job is asked to end, when its time is over, or when `watch` asks for it. No shell.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace tmplbuild::job {

// Called about twice a second with the seconds so far; a returned text ends the command and says why.
using Watch = std::function<std::optional<std::string>(std::int64_t)>;

struct Command {
    std::vector<std::string> argv;
    std::map<std::string, std::string> environment;  // complete
    std::string directory = "/";
    std::int64_t seconds = 0;  // 0: no limit
    Watch watch{};
};

struct CommandEnd {
    bool ok = false;
    std::string why{};     // in words, when not ok
    std::string tail{};    // its last lines
    bool stopped = false;  // by `watch` or by a signal to the job
};
CommandEnd run_command(const Command& command);

// TERM then ends the job and what it runs; stop_asked() is true afterwards.
void end_on_term();
bool stop_asked();
// Sleeps this long, or until the job is asked to end.
void pause_seconds(std::int64_t seconds);

}  // namespace tmplbuild::job
