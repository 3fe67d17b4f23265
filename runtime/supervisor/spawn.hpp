// SPDX-License-Identifier: Apache-2.0
// Starts one process as a service asks for it: own session, user, limits, directory, environment, default signals. The
// child itself enters its directory, so that a frozen volume blocks the service and not the launcher. Never waits.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "podspec/pod_spec.hpp"
#include "supervisor/accounts.hpp"

namespace tmplbuild::launch {

struct SpawnRequest {
    std::vector<std::string> argv;
    std::vector<std::string> environment;  // "NAME=value"
    std::string directory;                 // empty: the launcher's own
    std::optional<Account> account;
    std::optional<std::uint32_t> umask;
    std::vector<pod::ResourceLimit> rlimits;
    // Keeps the launcher's own input, output and terminal, and gets a group of its own. Any other process gets a
    // session of its own, without a terminal, whose leader it is.
    bool foreground = false;
};

struct Spawned {
    pid_t pid = 0;
    int report = -1;  // ends when the program was executed; before that, its text says why it was not
    int out = -1, err = -1;
};
Result<Spawned> spawn(const SpawnRequest& request);

}  // namespace tmplbuild::launch
