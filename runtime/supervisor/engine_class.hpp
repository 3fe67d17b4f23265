// SPDX-License-Identifier: Apache-2.0
// The engine: one loop that receives events, asks transition() what to do about each, and calls the object that does
// it. For engine.cpp alone; others include engine.hpp.
#pragma once

#include <string>

#include "loop/poller.hpp"
#include "podlog/pod_log.hpp"
#include "supervisor/announcer.hpp"
#include "supervisor/engine.hpp"
#include "supervisor/foreground_command.hpp"
#include "supervisor/helpers.hpp"
#include "supervisor/idle_probes.hpp"
#include "supervisor/kernel_work.hpp"
#include "supervisor/memory_charges.hpp"
#include "supervisor/model.hpp"
#include "supervisor/pod_control.hpp"
#include "supervisor/pod_view.hpp"
#include "supervisor/port_owner.hpp"
#include "supervisor/probes.hpp"
#include "supervisor/process_trees.hpp"
#include "supervisor/services.hpp"

namespace tmplbuild::launch {

class Engine {
  public:
    Engine(pod::PodSpec spec, const EngineOptions& options);
    int run();

  private:
    void prepare();
    void take_signals();
    void open_ways_out();
    void happen(Event event);
    void act(const Action& action);
    void turn();
    void on_signals();
    void reap();
    void on_exit(pid_t pid, int status);
    void finish_log();
    Time wake_at() const;
    std::string given(std::string_view variable) const;

    pod::PodSpec spec_;
    const EngineOptions& options_;
    Poller poller_;
    PodLog log_{poller_};
    PodState state_;
    Announcer announcer_{log_};
    int signals_ = -1;
    int code_ = 0;
    std::int64_t orphans_ = 0;
    Time stop_by_ = never;  // the end of the whole stop, once it has begun
    bool log_is_finished_ = false;

    const PodView pod_;
    Helpers helpers_;
    ProcessTrees trees_;
    MemoryCharges memory_;
    PortOwner ports_;
    Services services_;
    Probes probes_;
    IdleProbes idle_probes_;
    KernelWork kernels_;
    ForegroundCommand foreground_;
    PodControl control_;
};

}  // namespace tmplbuild::launch
