// SPDX-License-Identifier: Apache-2.0
// Carries connections from this machine's loopback to that of a pod's network, by a thread in the pod's network
// namespace; each connection consists of two sockets and the data that waits between them. Used by run_image.cpp. Never
// looks at the data, never listens on anything but the sockets it was given.
#pragma once

#include <thread>
#include <vector>

#include "engine/pod/published_ports.hpp"
#include "sys/fd.hpp"

namespace tmplbuild {

class PortRelay {
  public:
    // `network`: an open network namespace (network_namespaces(7)), which the caller keeps open; -1: this process's.
    // Starts to listen. Entering a namespace needs CAP_SYS_ADMIN.
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
