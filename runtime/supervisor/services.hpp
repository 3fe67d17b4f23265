// SPDX-License-Identifier: Apache-2.0
// The services' processes: what each is started with, what it prints, whether its program could be executed. Used by
// the engine. transition() decides when a service starts and what its end means.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "podlog/line_blocks.hpp"
#include "podlog/pod_log.hpp"
#include "podspec/placeholders.hpp"
#include "supervisor/pod_view.hpp"
#include "supervisor/spawn.hpp"

namespace tmplbuild::launch {

// Sets HOME, USER and LOGNAME for the user, unless the service sets them itself.
void add_account(SpawnRequest& request, const pod::Service& service, Account account);

class Services {
  public:
    // `environment` is the launcher's own. `new_process` is called before the first event of each process.
    Services(const PodView& pod, Poller& poller, PodLog& log, const std::vector<std::string>& environment,
             std::function<void(std::size_t)> new_process);
    ~Services();
    Services(const Services&) = delete;
    Services& operator=(const Services&) = delete;

    // To be called before anything starts. Values of the pod's secrets are hidden from then on. `run_folder`: where the
    // launcher's own sockets are; empty: nowhere.
    void prepare(std::vector<pod::ExpandedService> expanded, std::string run_folder);
    // To be called before the service's output is read, since the values to hide come from here: when the service is
    // started, or once all that can start were started.
    void make_environment(std::size_t i);

    void start(std::size_t i);  // leads to spawned and executed, or to spawn_failed
    // Reads what an ended service has left in its pipes: at most what a pipe holds, since another process may go on
    // writing.
    void drain(std::size_t i);
    // Why its program could not be executed; empty: it could be, or that is not known yet.
    const std::string& not_started(std::size_t i) const { return live_[i].not_started; }

    // When the newest state of an unfinished progress bar is due.
    Time next_due() const;
    void tick(Time now);

    // The program of the service's probe, with the service's user, folder and environment.
    SpawnRequest probe_request(std::size_t i) const;
    const std::vector<std::string>& environment(std::size_t i) const { return live_[i].environment; }
    const std::string& program(std::size_t i) const { return live_[i].expanded.command[0]; }

  private:
    struct Live {
        pod::ExpandedService expanded{};
        std::vector<std::string> environment{};  // made once, so that a restart keeps a generated secret
        bool has_environment = false;
        int report = -1, out = -1, err = -1;
        std::string not_started{};
        LineBlocks out_lines{}, err_lines{};
    };
    void hide(const std::string& variable, std::string_view value);
    std::string secret_of(const pod::Service& service, const pod::GeneratedSecret& secret);
    SpawnRequest request_of(std::size_t i) const;
    void close(std::size_t i);
    void watch(std::size_t i, const Spawned& spawned);
    void read_report(std::size_t i);
    void read_output(std::size_t i, int& fd, LineBlocks& lines);
    void take_lines(std::size_t i, std::string& block);
    void look_for_degraded(std::size_t i, const std::string& block);

    const PodView& pod_;
    Poller& poller_;
    PodLog& log_;
    const std::vector<std::string>& environment_;
    std::function<void(std::size_t)> new_process_;
    std::string run_folder_;
    std::vector<Live> live_;
    std::set<std::string> short_secrets_;  // variables whose values are too short to hide; reported already
};

}  // namespace tmplbuild::launch
