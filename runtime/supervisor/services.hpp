// SPDX-License-Identifier: Apache-2.0
// The services' processes: with what each is started, what it prints, whether its program could be executed. Used by
// the engine. Decides nothing: when a service starts, and what its end means, is transition()'s.
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

// HOME, USER and LOGNAME follow the user, unless the service says otherwise.
void add_account(SpawnRequest& request, const pod::Service& service, Account account);

class Services {
  public:
    // `environment`: the launcher's own. `new_process`: told before the first event of each.
    Services(const PodView& pod, Poller& poller, PodLog& log, const std::vector<std::string>& environment,
             std::function<void(std::size_t)> new_process);
    ~Services();
    Services(const Services&) = delete;
    Services& operator=(const Services&) = delete;

    // Before anything starts. Values of the pod's secrets are hidden from here on.
    void prepare(std::vector<pod::ExpandedService> expanded);
    // When a service is started, or once all that can be were started: before anything is read of what services print,
    // since the values that are hidden there come from here.
    void make_environment(std::size_t i);

    void start(std::size_t i);  // spawned, executed; or spawn_failed
    // Reads what a service that ended has left in its pipes: at most what a pipe holds, since a stray may write on.
    void drain(std::size_t i);
    // Why its program could not be executed; empty: it could, or is not known to be yet.
    const std::string& not_started(std::size_t i) const { return live_[i].not_started; }

    // Progress bars that have not ended: their newest state is shown now and then.
    Time next_due() const;
    void tick(Time now);

    // The program that answers its probe, with the service's user, folder and environment.
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
    std::vector<Live> live_;
    std::set<std::string> short_secrets_;  // variables whose values cannot be hidden; said already
};

}  // namespace tmplbuild::launch
