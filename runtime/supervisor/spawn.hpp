// SPDX-License-Identifier: Apache-2.0
// One process started as a service asks: own session, user, limits, directory, environment, default signals. The child
// itself enters its directory, so that a frozen volume holds up the service and not the launcher. Never waits.
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
    // Keeps the launcher's own input, output and terminal, and has a group of its own. Everything else has a session of
    // its own, without a terminal, and is the leader of its group as well.
    bool foreground = false;
};

struct Spawned {
    pid_t pid = 0;
    int report = -1;  // ends when the program was executed; before that, text says why it was not
    int out = -1, err = -1;
};
Result<Spawned> spawn(const SpawnRequest& request);

}  // namespace tmplbuild::launch
