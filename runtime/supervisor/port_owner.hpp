// SPDX-License-Identifier: Apache-2.0
// After a probe's yes: is it this service that answers on the port? Asked by the probes. What was found for a set of
// sockets is kept, so that a health probe costs one look at /proc/net. Never connects to anything.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "supervisor/listeners.hpp"
#include "supervisor/process_trees.hpp"

namespace tmplbuild::launch {

class PortOwner {
  public:
    // The system, or what a test has in its place.
    struct System {
        std::function<std::optional<Inodes>(std::uint16_t)> listeners = listeners_on;
        std::function<Holds(const std::vector<pid_t>&, const Inodes&)> hold = hold_any;
    };
    PortOwner(const PodView& pod, ProcessTrees& trees, System system)
        : pod_(pod), trees_(trees), system_(std::move(system)), found_(pod.spec.services.size()) {}

    void new_process(std::size_t i) { found_[i] = {}; }  // of the service
    // Why it is not this service that answers; empty: it is, as far as can be told.
    std::string why_not(std::size_t i, std::uint16_t port);

  private:
    struct Found {
        Inodes own{}, foreign{};       // listeners on its port
        std::string whose{};           // the foreign ones, in words
        bool unsure_was_said = false;  // /proc does not tell whose they are
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
