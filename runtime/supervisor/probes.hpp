// SPDX-License-Identifier: Apache-2.0
// Whether a service is ready or healthy: one attempt at a time, by a connection, an HTTP answer or a program. Used by
// the engine. transition() decides when to ask, and what an answer means.
#pragma once

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "supervisor/net_probe.hpp"
#include "supervisor/pod_view.hpp"
#include "supervisor/spawn.hpp"

namespace tmplbuild::launch {

class Probes {
  public:
    struct Asks {
        std::function<SpawnRequest(std::size_t)> program;  // the program of a service's probe
        // Why the port's answer is not the service's own; empty: it is its own.
        std::function<std::string(std::size_t, std::uint16_t)> why_foreign;
    };
    Probes(const PodView& pod, Poller& poller, Asks asks)
        : pod_(pod), poller_(poller), asks_(std::move(asks)), live_(pod.spec.services.size()) {}
    ~Probes();
    Probes(const Probes&) = delete;
    Probes& operator=(const Probes&) = delete;

    void start(std::size_t i);  // leads to probe_answered
    void cancel(std::size_t i);
    bool owns(pid_t pid) const;
    bool on_exit(pid_t pid, int status);                                   // true: the process was an attempt's program
    bool take_cancelled(pid_t pid) { return cancelled_.erase(pid) != 0; }  // to be asked at its end

  private:
    struct Program {  // while the program runs
        pid_t pid = 0;
        int report = -1, out = -1, err = -1;
        std::string printed{}, errors{};  // the last part of each
    };
    struct Live {
        std::unique_ptr<NetProbe> net{};
        Program program{};
    };
    std::uint16_t port_of(std::size_t i) const;
    void start_program(std::size_t i);
    void read_program(std::size_t i, int& fd);
    void close_program(std::size_t i);
    void go_on(std::size_t i);
    void answer(std::size_t i, bool ok, const std::string& why);
    void end_net(std::size_t i);

    const PodView& pod_;
    Poller& poller_;
    Asks asks_;
    std::vector<Live> live_;
    std::set<pid_t> cancelled_;  // killed, and not yet reaped
};

}  // namespace tmplbuild::launch
