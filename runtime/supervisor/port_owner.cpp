// SPDX-License-Identifier: Apache-2.0
#include "supervisor/port_owner.hpp"

namespace tmplbuild::launch {

// The processes that may answer on the port: the service's own. Where its probe names a port other than its own, those
// of any service of the pod.
std::vector<pid_t> PortOwner::answerers(std::size_t i, std::uint16_t port, const ProcessTable& table) const {
    std::vector<pid_t> out;
    for (std::size_t j = 0; j < found_.size(); ++j) {
        if (j != i && port == pod_.spec.services[i].bind_port()) continue;
        if (pod_.state.services[j].pid > 0) out.push_back(pod_.state.services[j].pid);
        for (const Process& process : trees_.tree_of(j, table)) out.push_back(process.pid);
    }
    return out;
}

std::string PortOwner::why_not(std::size_t i, std::uint16_t port) {
    Found& found = found_[i];
    const auto inodes = system_.listeners(port);
    if (!inodes || inodes->empty()) {
        say_unsure(i, port);
        return {};
    }
    if (*inodes == found.own) return {};
    if (*inodes == found.foreign) return found.whose;
    const auto& table = trees_.processes(true);
    const Holds holds = table ? system_.hold(answerers(i, port, *table), *inodes) : Holds::unknown;
    if (holds == Holds::unknown) say_unsure(i, port);
    if (holds != Holds::no) {
        found.own = *inodes;
        return {};
    }
    found.foreign = *inodes;
    found.whose = "port " + std::to_string(port) + " is answered by " + name_holder(*table, *inodes) +
                  ", which is not of this service";
    return found.whose;
}

std::string PortOwner::name_holder(const ProcessTable& table, const Inodes& inodes) const {
    const pid_t self = trees_.self();
    for (const Process& process : table.all()) {
        if (process.pid == self || system_.hold({process.pid}, inodes) != Holds::yes) continue;
        const Process* top = table.child_of(self, process);
        const auto owner = top == nullptr ? std::nullopt : trees_.service_of(*top);
        return describe({process}) + (owner ? " of '" + pod_.spec.services[*owner].name + "'" : "");
    }
    return "a process that cannot be seen from here";
}

void PortOwner::say_unsure(std::size_t i, std::uint16_t port) {
    if (std::exchange(found_[i].unsure_was_said, true)) return;
    pod_.say(pod_.spec.services[i].name,
             "port " + std::to_string(port) +
                 " answers; whether by this service cannot be told, since /proc does not show it");
}

}  // namespace tmplbuild::launch
