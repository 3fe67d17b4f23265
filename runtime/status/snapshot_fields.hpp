// SPDX-License-Identifier: Apache-2.0
// The members of a snapshot by their names in JSON (schema/status.schema.json), in the order in which they are written:
// the one list of them. The launcher's writer and the console's reader walk over it, so that they cannot disagree. A
// walker is called with each member's name, the member, and for a number its largest value where it has one.
#pragma once

#include <cstdint>
#include <type_traits>

#include "status/snapshot.hpp"

namespace tmplbuild::status {

// A part of a snapshot, constant for who writes it.
template <class Part, class Value>
concept IsPart = std::is_same_v<std::remove_const_t<Part>, Value>;

template <class Walker, IsPart<Host> Part>
void walk(Part& host, Walker&& see) {
    see("state", host.state);
    see("reason", host.reason);
    see("driver", host.driver);
    see("cuda", host.cuda);
    see("simulated", host.simulated);
}

template <class Walker, IsPart<Gpu> Part>
void walk(Part& gpu, Walker&& see) {
    see("index", gpu.index);
    see("name", gpu.name);
    see("capability", gpu.capability);
    see("memory_bytes", gpu.memory_bytes);
}

// What components, services and kernels have in common.
template <class Walker, class Part>
void walk_common(Part& part, Walker&& see) {
    see("name", part.name);
    see("state", part.state);
    see("reason", part.reason);
    see("since", part.since);
    see("next_try", part.next_try);
}

template <class Walker, IsPart<Component> Part>
void walk(Part& component, Walker&& see) {
    walk_common(component, see);
}

template <class Walker, IsPart<Service> Part>
void walk(Part& service, Walker&& see) {
    walk_common(service, see);
    see("port", service.port, 65535);
    see("ready", service.ready);
    see("critical", service.critical);
    see("pid", service.pid);
    see("restarts", service.restarts);
    see("memory_kills", service.memory_kills);
    see("needs", service.needs);
    see("uses_kernels", service.uses_kernels);
    see("with_kernels", service.with_kernels);
}

template <class Walker, IsPart<Kernel> Part>
void walk(Part& kernel, Walker&& see) {
    walk_common(kernel, see);
    see("mode", kernel.mode);
    see("verdict", kernel.verdict);
    see("arch", kernel.arch);
    see("progress", kernel.progress, 100);
    see("seconds_left", kernel.seconds_left);
    see("simulated", kernel.simulated);
}

template <class Walker, IsPart<Logs> Part>
void walk(Part& logs, Walker&& see) {
    see("state", logs.state);
    see("folder", logs.folder);
    see("reason", logs.reason);
    see("dropped", logs.dropped);
    see("stdout_dropped", logs.stdout_dropped);
}

template <class Walker, IsPart<Moment> Part>
void walk(Part& moment, Walker&& see) {
    see("at", moment.at);
    see("who", moment.who);
    see("text", moment.text);
}

template <class Walker, IsPart<Snapshot> Part>
void walk(Part& snapshot, Walker&& see) {
    see("pod", snapshot.pod);
    see("state", snapshot.state);
    see("progress", snapshot.progress, 100);
    see("started", snapshot.started);
    see("host", snapshot.host);
    see("gpus", snapshot.gpus);
    see("components", snapshot.components);
    see("services", snapshot.services);
    see("kernels", snapshot.kernels);
    see("logs", snapshot.logs);
    see("timeline", snapshot.timeline);
    see("timeline_left_out", snapshot.timeline_left_out);
    see("orphans", snapshot.orphans);
    see("now", snapshot.now);  // last, see write_snapshot()
}

}  // namespace tmplbuild::status
