// SPDX-License-Identifier: Apache-2.0
// Holds the table of states to what transitions really do: each change of a state is one that an entry names, and in
// the end each change that the table names was seen. For the tests with random lives; see table_test.cpp for its text.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "supervisor/trace.hpp"
#include "supervisor/transition_words.hpp"
#include "support/catch.hpp"

namespace tmplbuild::launch {

inline auto move_words(ServiceMove) { return service_moves(); }
inline auto move_words(PodMove) { return pod_moves(); }
inline auto move_words(KernelMove) { return kernel_moves(); }
inline auto event_words(ServiceEvent) { return service_events(); }
inline auto event_words(PodEvent) { return pod_events(); }
inline auto event_words(KernelEvent) { return kernel_events(); }

inline const char* to_string(Mode mode) {
    static constexpr const char* names[] = {"running", "stopping", "sweeping", "over"};
    return names[static_cast<std::size_t>(mode)];
}
inline std::size_t states_of(Phase) { return static_cast<std::size_t>(Phase::blocked) + 1; }
inline std::size_t states_of(Mode) { return static_cast<std::size_t>(Mode::over) + 1; }
inline std::size_t states_of(KernelPhase) { return static_cast<std::size_t>(KernelPhase::failed) + 1; }

template <typename Move>
const auto& meaning_of(Move move) {
    return move_words(move)[static_cast<std::size_t>(move) - 1];  // after `forgotten`
}

// Of services, and only met where they use kernels.
inline bool concerns_kernels(ServiceEvent event) {
    return event == ServiceEvent::idle_answered || event == ServiceEvent::idle_due;
}

// One of the three tables.
template <typename State, typename What, typename Move>
class Watched {
  public:
    // `index`: whose state went from `before` to `after`. Says what is wrong; empty: nothing.
    std::string problem(const Path<State, What, Move>& path, std::size_t index, State before, State after) const {
        if (path.taken.empty() && before == after) return {};
        State at = before;
        int within = -1;  // the depth of the entry of this one that is being carried out
        for (const auto& taken : path.taken) {
            if (taken.depth <= within) within = -1;
            if (taken.index != index) continue;
            if (taken.after != taken.before && !leads_to(taken.move, taken.after))
                return words(taken) + ", which the table does not say";
            if (within >= 0) continue;
            within = taken.depth;
            if (taken.before != at) return words(taken) + ", after a change from " + to_string(at) + " by no entry";
            at = taken.after;
        }
        if (at == after) return {};
        return std::string(to_string(at)) + " → " + to_string(after) + " by no entry";
    }
    void note(const Path<State, What, Move>& path) {
        for (const auto& taken : path.taken) {
            seen_[static_cast<unsigned>(taken.event)][static_cast<unsigned>(taken.before)] = true;
            if (taken.after != taken.before)
                led_[static_cast<unsigned>(taken.move)][static_cast<unsigned>(taken.after)] = true;
        }
    }
    // What the table says and nobody has seen: entries, of the events that `which` takes, and where moves lead.
    std::string entries_not_seen(bool (*which)(What)) const {
        std::string out;
        for (const auto& event : event_words(What{}))
            for (unsigned state = 0; which(event.value) && state < states_of(State{}); ++state)
                if (move_of(static_cast<State>(state), event.value) != Move::none && !saw(event.value, state))
                    out += std::string(event.name) + " while " + to_string(static_cast<State>(state)) + "\n";
        return out;
    }
    std::string not_seen(bool (*which)(What) = [](What) { return true; }) const {
        std::string out = entries_not_seen(which);
        for (const auto& move : move_words(Move{}))
            for (unsigned state = 0; state < states_of(State{}); ++state)
                if (leads_to(move.value, static_cast<State>(state)) && !led_[static_cast<unsigned>(move.value)][state])
                    out += std::string(move.name) + " → " + to_string(static_cast<State>(state)) + "\n";
        return out;
    }

  private:
    static std::string words(const Taken<State, What, Move>& taken) {
        return std::string(event_words(taken.event)[static_cast<std::size_t>(taken.event)].name) + " while " +
               to_string(taken.before) + ": " + meaning_of(taken.move).name + " → " + to_string(taken.after);
    }
    // A row that says the same in every state: its moves have conditions that are no states.
    static bool is_uniform(What event) {
        for (unsigned state = 1; state < states_of(State{}); ++state)
            if (move_of(static_cast<State>(state), event) != move_of(State{}, event)) return false;
        return true;
    }
    bool saw(What event, unsigned state) const {
        if (!is_uniform(event)) return seen_[static_cast<unsigned>(event)][state];
        for (unsigned any = 0; any < states_of(State{}); ++any)
            if (seen_[static_cast<unsigned>(event)][any]) return true;
        return false;
    }
    static bool leads_to(Move move, State state) {
        return (meaning_of(move).leads_to >> static_cast<unsigned>(state) & 1U) != 0;
    }
    bool seen_[32][16]{}, led_[32][16]{};  // event and state, move and state
};

// As transition(), watched.
class TableWatch {
  public:
    Step step(const pod::PodSpec& spec, PodState state, const Event& event) {
        std::vector<Phase> phases;
        std::vector<KernelPhase> kernel_phases;
        for (const auto& service : state.services) phases.push_back(service.phase);
        for (const auto& kernel : state.kernels) kernel_phases.push_back(kernel.phase);
        const Mode mode = state.mode;
        Trace trace;
        Step out = transition(spec, std::move(state), event, &trace);
        std::string problem = pod.problem(trace.pod, 0, mode, out.state.mode);
        for (std::size_t i = 0; i < phases.size() && problem.empty(); ++i)
            problem = services.problem(trace.services, i, phases[i], out.state.services[i].phase);
        for (std::size_t k = 0; k < kernel_phases.size() && problem.empty(); ++k)
            problem = kernels.problem(trace.kernels, k, kernel_phases[k], out.state.kernels[k].phase);
        if (!problem.empty()) FAIL(problem);
        pod.note(trace.pod);
        services.note(trace.services);
        kernels.note(trace.kernels);
        return out;
    }

    Watched<Mode, PodEvent, PodMove> pod{};
    Watched<Phase, ServiceEvent, ServiceMove> services{};
    Watched<KernelPhase, KernelEvent, KernelMove> kernels{};
};

}  // namespace tmplbuild::launch
