// SPDX-License-Identifier: Apache-2.0
// Readiness and health of a service: one attempt at a time, and a deadline.
#include "supervisor/transition_class.hpp"

namespace tmplbuild::launch {

namespace {

constexpr std::size_t reason_limit = 300;  // characters that are kept of another program's words

std::string with_why(const std::string& text, const std::string& why) { return why.empty() ? text : text + ": " + why; }

}  // namespace

// The program was executed. A service without a probe is ready now; otherwise the first attempt begins at once.
void Transition::begin(std::size_t i) {
    auto& s = at(i);
    if (s.pid == 0) return;
    s.last_no.clear();
    const auto& probe = spec_.services[i].ready;
    if (spec_.services[i].oneshot) return enter(i, Phase::running);
    if (probe.kind == pod::Probe::Kind::none) return become_ready(i);
    if (probe.deadline_ms > 0) s.ready_by = now_ + probe.deadline_ms;
    if (probe.kind != pod::Probe::Kind::log) s.probe_due = now_;
}

void Transition::become_ready(std::size_t i) {
    auto& s = at(i);
    if (s.pid == 0 || s.was_ready) return;
    end_probing(i);
    enter(i, Phase::ready, after_words(s));
    s.satisfied = s.was_ready = true;
    s.failed_probes = 0;
    const auto& health = spec_.services[i].health;
    if (health.kind != pod::Probe::Kind::none) s.probe_due = now_ + health.interval_ms;
    say(i, pod::ready_after + std::to_string(now_ - at(i).started) + " ms");
    kernels_.service_ready(i);
}

void Transition::match_log(std::size_t i) {
    if (spec_.services[i].ready.kind == pod::Probe::Kind::log) become_ready(i);
}

void Transition::take_answer(std::size_t i, bool ok, const std::string& why) {
    auto& s = at(i);
    if (!s.probing) return;
    s.probing = false;
    s.probe_due = now_ + probe_in(spec_.services[i], s).interval_ms;
    if (!ok) s.last_no = why.substr(0, reason_limit);
    if (s.was_ready) return take_health(i, ok);
    if (ok) return become_ready(i);
    if (s.phase == Phase::starting && !why.empty()) s.reason = "not ready yet: " + s.last_no;
}

void Transition::take_health(std::size_t i, bool ok) {
    auto& s = at(i);
    s.failed_probes = ok ? 0 : s.failed_probes + 1;
    if (ok && s.phase == Phase::unhealthy) {
        enter(i, Phase::ready, after_words(s));
        s.satisfied = true;
        say(i, "healthy again");
    }
    if (s.phase != Phase::ready || s.failed_probes < spec_.services[i].health_failures) return;
    enter(i, Phase::unhealthy,
          with_why("its health probe said no " + std::to_string(s.failed_probes) + " times in a row", s.last_no));
    s.satisfied = false;
    say(i, "unhealthy: " + s.reason);
}

void Transition::be_late(std::size_t i) {
    auto& s = at(i);
    s.ready_by = never;
    const pod::Probe& probe = spec_.services[i].ready;
    const bool by_log = probe.kind == pod::Probe::Kind::log;
    enter(i, Phase::unhealthy,
          with_why(pod::not_ready_after + std::to_string(now_ - s.started) + " ms",
                   by_log ? "its output has not said '" + probe.log.substr(0, reason_limit) + "'" : s.last_no));
    say(i, s.reason);
}

// The next attempt is due, or the deadline of the present one has passed.
void Transition::probe(std::size_t i) {
    auto& s = at(i);
    const pod::Probe& probe = probe_in(spec_.services[i], s);
    act({.kind = s.probing ? Action::Kind::cancel_probe : Action::Kind::probe, .service = i});
    if (s.probing) {
        const bool program = probe.kind == pod::Probe::Kind::exec;
        return take_answer(i, false,
                           std::string(program ? "its probe did not end" : "no answer") + " within " +
                               std::to_string(probe.timeout_ms) + " ms");
    }
    s.probing = true;
    s.probe_due = now_ + probe.timeout_ms;
}

}  // namespace tmplbuild::launch
