// SPDX-License-Identifier: Apache-2.0
// Asks a service whether it is idle at present. Used by the engine before a service is restarted for a kernel.
// transition() decides when to ask.
#pragma once

#include <memory>
#include <vector>

#include "supervisor/net_probe.hpp"
#include "supervisor/pod_view.hpp"

namespace tmplbuild::launch {

class IdleProbes {
  public:
    IdleProbes(const PodView& pod, Poller& poller) : pod_(pod), poller_(poller), asked_(pod.spec.services.size()) {}
    ~IdleProbes();
    IdleProbes(const IdleProbes&) = delete;
    IdleProbes& operator=(const IdleProbes&) = delete;

    void ask(std::size_t i);  // leads to idle_answered; a question that is under way is dropped

  private:
    void go_on(std::size_t i);
    void end(std::size_t i);

    const PodView& pod_;
    Poller& poller_;
    std::vector<std::unique_ptr<NetProbe>> asked_;
};

}  // namespace tmplbuild::launch
