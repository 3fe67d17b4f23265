// SPDX-License-Identifier: Apache-2.0
// Answers the control socket: the status, the logs, and requests of people, which become events. Used by the engine.
// Only passes requests on: transition() decides about them.
#pragma once

#include <functional>
#include <string>

#include "control/server.hpp"
#include "podlog/pod_log.hpp"
#include "status/snapshot.hpp"
#include "supervisor/announcer.hpp"
#include "supervisor/pod_view.hpp"

namespace tmplbuild::launch {

class PodControl {
  public:
    struct Asks {
        // What of a service still runs without its own process, for people.
        std::function<std::string(std::size_t)> left_of;
        std::function<std::int64_t()> orphans;  // how many unknown processes were reaped so far
    };
    // `spec_problem`: why only the compiled-in services run; empty: pod.json is in use.
    PodControl(const PodView& pod, Poller& poller, PodLog& log, const Announcer& announcer, std::string spec_problem,
               Asks asks);

    // Listens in the first folder that works. `run_dir`: the pod's own choice; empty: the usual ones.
    void open(const std::string& run_dir);
    void changed() { server_.changed(); }
    Time next_due() const { return server_.next_due(); }
    void tick(Time now) { server_.tick(now); }

    status::Snapshot snapshot() const;
    Result<control::Server::LogLines> read_log(const control::Request& request) const;
    Result<std::string> command(const control::Request& request);

  private:
    Result<std::string> announce(const control::Request& request);
    Result<std::string> command_service(const control::Request& request, std::size_t i);
    Result<std::string> command_kernels(const control::Request& request);

    const PodView& pod_;
    PodLog& log_;
    const Announcer& announcer_;
    std::string spec_problem_;
    Asks asks_;
    Time started_;
    std::size_t announced_ = 0;
    status::Component socket_{.name = "control", .state = "off"};
    control::Server server_;
};

}  // namespace tmplbuild::launch
