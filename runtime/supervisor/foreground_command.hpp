// SPDX-License-Identifier: Apache-2.0
// The command that was given to the container as its arguments: it has the launcher's own input, output and terminal,
// and its exit code is the pod's. Used by the engine. Never restarts it.
#pragma once

#include <string>
#include <vector>

#include "supervisor/pod_view.hpp"

namespace tmplbuild::launch {

class ForegroundCommand {
  public:
    explicit ForegroundCommand(const PodView& pod) : pod_(pod) {}
    ~ForegroundCommand();
    ForegroundCommand(const ForegroundCommand&) = delete;
    ForegroundCommand& operator=(const ForegroundCommand&) = delete;

    // Leads to foreground_started, or to foreground_exited where it cannot be started.
    void start(const std::vector<std::string>& command, const std::vector<std::string>& environment);
    void on_exit(int status);  // leads to foreground_exited

  private:
    const PodView& pod_;
    int report_ = -1;  // the pipe that says why its program could not be executed
};

}  // namespace tmplbuild::launch
