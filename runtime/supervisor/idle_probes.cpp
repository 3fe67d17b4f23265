// SPDX-License-Identifier: Apache-2.0
#include "supervisor/idle_probes.hpp"

namespace tmplbuild::launch {

IdleProbes::~IdleProbes() {
    for (std::size_t i = 0; i < asked_.size(); ++i) end(i);
}

void IdleProbes::ask(std::size_t i) {
    end(i);
    const pod::Service& service = pod_.spec.services[i];
    auto& probe = asked_[i] = std::make_unique<NetProbe>(service.bind_port(), service.idle.http, NetProbe::Want::body);
    if (probe->fd() >= 0) poller_.watch(probe->fd(), probe->events(), [this, i] { go_on(i); });
    go_on(i);
}

void IdleProbes::go_on(std::size_t i) {
    NetProbe* probe = asked_[i].get();
    if (probe == nullptr) return;
    const auto answer = probe->advance();
    if (!answer) return poller_.change(probe->fd(), probe->events());
    const bool idle = *answer && says_idle(probe->body(), pod_.spec.services[i].idle.empty);
    end(i);
    pod_.happen({.kind = Event::Kind::idle_answered, .service = i, .ok = idle});
}

void IdleProbes::end(std::size_t i) {
    if (asked_[i] && asked_[i]->fd() >= 0) poller_.forget(asked_[i]->fd());
    asked_[i].reset();
}

}  // namespace tmplbuild::launch
