// SPDX-License-Identifier: Apache-2.0
// The live parts of what the engine runs: descriptors, buffers, what was seen of its processes. For the engine*.cpp
// files alone; the model's part of it is in PodState.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "podlog/line_blocks.hpp"
#include "podspec/placeholders.hpp"
#include "supervisor/listeners.hpp"
#include "supervisor/net_probe.hpp"
#include "supervisor/spawn.hpp"

namespace tmplbuild::launch {

// Processes, by pid and start time.
using Known = std::set<std::pair<pid_t, std::uint64_t>>;

// A program that answers a probe, while it runs.
struct ExecProbe {
    pid_t pid = 0;
    int report = -1, out = -1, err = -1;
    std::string printed{}, errors{};  // the end of each
};

// One service's live parts; the model's part of it is in PodState.
struct Live {
    std::vector<std::string> environment;  // made once, so that a restart keeps a generated secret
    bool has_environment = false;
    pod::ExpandedService expanded;
    int report = -1, out = -1, err = -1;
    std::string not_started;  // why its program could not be executed
    LineBlocks out_lines, err_lines;
    std::unique_ptr<NetProbe> net_probe, idle_probe;
    ExecProbe exec_probe;

    // Of its present process:
    Known seen;               // what descended from it, at a look; it may have lost its parent since
    Known told;               // … and has had the stop signal
    bool group_told = false;  // the same of its group as a whole
    bool dying = false;       // the kernel has killed it for memory, and it has not ended yet
    Inodes own_listeners;     // on its port, that were found to be its own
    Inodes foreign_listeners;
    std::string foreign_words;     // whose those are
    bool unsure_was_said = false;  // /proc does not tell whose they are
};

// A child that works for the launcher and not as a service: its last line of output is its answer.
struct Helper {
    enum class Kind { probe, task, compile } kind = Kind::task;
    std::string name{};  // whose lines its errors are, in the log
    std::size_t kernel = 0;
    int out = -1, err = -1, report = -1;
    std::string text{}, result{};
    LineBlocks lines{};
};

// Names the service in the environment of everything that it starts, by which its processes are found.
inline constexpr const char* service_variable = "TMPLBUILD_SERVICE";

// HOME and USER follow the user, unless the service says otherwise.
void add_account(SpawnRequest& request, const pod::Service& service, Account account);
// The last line of a program's output that says something.
std::string last_line(const std::string& text);

}  // namespace tmplbuild::launch
