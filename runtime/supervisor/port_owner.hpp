// SPDX-License-Identifier: Apache-2.0
// After a probe succeeded: whether this service itself answers on the port. Used by the engine for its probes. The
// result for a set of sockets is kept, so that a health probe costs one reading of /proc/net. Never connects to
// anything.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "supervisor/listeners.hpp"
#include "supervisor/process_trees.hpp"

namespace tmplbuild::launch {

class PortOwner {
  public:
    // The calls to the system, which a test replaces.
    struct System {
        std::function<std::optional<Inodes>(std::uint16_t)> listeners = listeners_on;
        std::function<Holds(const std::vector<pid_t>&, const Inodes&)> hold = hold_any;
    };
    PortOwner(const PodView& pod, ProcessTrees& trees, System system)
        : pod_(pod), trees_(trees), system_(std::move(system)), found_(pod.spec.services.size()) {}

    void new_process(std::size_t i) { found_[i] = {}; }  // a new process of the service has started
    // Why the port is not this service's; empty: it is, as far as can be told.
    std::string why_not(std::size_t i, std::uint16_t port);

  private:
    struct Found {
        Inodes own{}, foreign{};       // sockets that listen on its port
        std::string whose{};           // the names of those who hold the foreign ones
        bool unsure_was_said = false;  // the log says already that /proc does not tell who holds them
    };
    std::vector<pid_t> answerers(std::size_t i, std::uint16_t port, const ProcessTable& table) const;
    std::string name_holder(const ProcessTable& table, const Inodes& inodes) const;
    void say_unsure(std::size_t i, std::uint16_t port);

    const PodView& pod_;
    ProcessTrees& trees_;
    System system_;
    std::vector<Found> found_;
};

}  // namespace tmplbuild::launch
