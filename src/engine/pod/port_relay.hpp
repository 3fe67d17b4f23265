// SPDX-License-Identifier: Apache-2.0
// Carries connections from this machine's loopback to that of a pod's network. A thread of its own stands in the pod's
// network; each connection is two sockets and what waits between them. Used by run_image.cpp. Never looks at what it
// carries, never listens on anything but what it was given.
#pragma once

#include <thread>
#include <vector>

#include "engine/pod/published_ports.hpp"
#include "sys/fd.hpp"

namespace tmplbuild {

class PortRelay {
  public:
    // `network`: an open network namespace (network_namespaces(7)), kept open by the caller; -1: this process's. Starts
    // to listen. To enter a namespace needs CAP_SYS_ADMIN.
    static Result<PortRelay> start(std::vector<ClaimedPort> ports, int network);
    PortRelay(PortRelay&&) = default;
    PortRelay& operator=(PortRelay&&) = delete;
    ~PortRelay();  // ends every connection

  private:
    PortRelay() = default;
    sys::Fd stop_;
    std::thread thread_;
};

}  // namespace tmplbuild
