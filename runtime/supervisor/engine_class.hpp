// SPDX-License-Identifier: Apache-2.0
// The engine's parts, shared by the engine_*.cpp files alone: the loop and its actions, the services' processes and
// probes. engine.hpp is what others see.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "control/server.hpp"
#include "loop/poller.hpp"
#include "podlog/pod_log.hpp"
#include "status/snapshot.hpp"
#include "supervisor/engine.hpp"
#include "supervisor/live.hpp"
#include "supervisor/memory_kills.hpp"
#include "supervisor/model.hpp"
#include "supervisor/process_table.hpp"
#include "supervisor/spawn.hpp"

namespace tmplbuild::launch {

class Engine {
  public:
    Engine(pod::PodSpec spec, const EngineOptions& options);
    int run();

  private:
    // engine.cpp: what happens, and what is done about it
    void take_signals();
    void happen(Event event);
    void act(const Action& action);
    void on_signals();
    void reap();
    bool owns_group(pid_t pid) const;
    void on_exit(pid_t pid, int status);
    void start_foreground();
    void on_foreground_exit(int status);
    void on_memory_kill();
    void finish_log();
    void start_log_writer();
    Time next_due_of_all() const;
    Time last_write() const;

    // engine_services.cpp: the services' environment, processes, output and probes
    void hide(const std::string& variable, std::string_view value);
    void prepare_services();
    void prepare_service(std::size_t i);
    void make_environment(std::size_t i);
    SpawnRequest request_of(std::size_t i) const;
    void start_service(std::size_t i);
    void close_service(std::size_t i);
    void read_output(std::size_t i, int& fd, LineBlocks& lines);
    void take_lines(std::size_t i, std::string& block);
    void read_report(std::size_t i);
    void drain(std::size_t i);
    void show_bars(Time now);

    // engine_trees.cpp: which process is whose, and signals to them
    const std::optional<ProcessTable>& processes(bool anew = false);
    std::optional<std::size_t> service_of(const Process& top) const;
    std::vector<Process> tree_of(std::size_t i, const ProcessTable& table) const;
    std::string left_of(std::size_t i, pid_t group);
    void signal_service(std::size_t i, int signal);
    void signal_left(std::size_t i, int signal);
    void signal_foreground(int signal);
    bool is_told_already(const Process& top) const;
    void sweep(int signal);
    void sweep_blindly(int signal);

    // engine_probes.cpp: whether a service is ready, or healthy
    void start_probe(std::size_t i);
    void start_exec_probe(std::size_t i);
    void read_exec_probe(std::size_t i, int& fd);
    void on_exec_probe_exit(std::size_t i, int status);
    void close_exec_probe(std::size_t i);
    void on_probe_ready(std::size_t i);
    std::vector<pid_t> answerers(std::size_t i, std::uint16_t port, const ProcessTable& table) const;
    std::string foreign_listener(std::size_t i);
    std::string name_holder(const ProcessTable& table, const Inodes& inodes) const;
    void say_unsure(std::size_t i, std::uint16_t port);
    void answer_probe(std::size_t i, bool ok, const std::string& why);
    void end_net_probe(std::size_t i);
    void cancel_probe(std::size_t i);

    // engine_control.cpp: what the control socket answers
    std::string given(std::string_view variable) const;
    void open_control();
    void say(const std::string& who, const std::string& text);
    status::Snapshot snapshot() const;
    Result<control::Server::LogLines> read_log(const control::Request& request) const;
    Result<std::string> command(const control::Request& request);
    Result<std::string> command_service(const control::Request& request, std::size_t i);

    // engine_kernels.cpp: what kernels need
    std::string home() const;
    void choose_modes();
    void lay_kernel_places();
    Result<std::string> command_kernels(const control::Request& request);
    void start_helper(Helper helper, SpawnRequest request);
    void read_helper(pid_t pid, bool errors);
    void read_progress(Helper& helper);
    bool on_helper_exit(pid_t pid, int status);
    // `pid`: -1 where it could not be started.
    void helper_ended(pid_t pid, const Helper& helper, int status, const std::string& not_started);
    void ask_gpu();
    void start_kernel_task(std::size_t k);
    void end_kernel_task(std::size_t k, int signal);
    void start_kernel_job(std::size_t k);
    void end_kernel_job(std::size_t k);
    void ask_idle(std::size_t i);
    void on_idle_ready(std::size_t i);
    void end_idle_probe(std::size_t i);
    void look_for_degraded(std::size_t i, const std::string& block);

    pod::PodSpec spec_;
    const EngineOptions& options_;
    Poller poller_;
    PodLog log_{poller_};
    PodState state_;
    std::vector<Live> live_;
    Time started_ = now_ms();
    MemoryKills memory_;
    status::Timeline timeline_;
    status::Component control_{.name = "control", .state = "off"};
    control::Server server_;
    std::map<pid_t, Helper> helpers_;
    std::map<std::size_t, pid_t> task_pids_, compile_pids_;  // by kernel; 0: none
    int signals_ = -1;
    int code_ = 0;
    std::int64_t orphans_ = 0;
    std::set<std::string> short_secrets_;  // variables whose values cannot be hidden; said already
    std::set<pid_t> cancelled_probes_;     // killed, not yet reaped
    Time stop_by_ = never;                 // the end of the whole stop, once it has begun
    std::optional<ProcessTable> table_;    // of this turn of the loop
    bool has_table_ = false;
    Known swept_;  // has had TERM at the end of the pod
    bool swept_blindly_ = false, log_is_finished_ = false;
    int foreground_report_ = -1;
};

}  // namespace tmplbuild::launch
