// SPDX-License-Identifier: Apache-2.0
#include "supervisor/pod_control.hpp"

#include <algorithm>

#include "base/printable.hpp"
#include "base/text.hpp"
#include "control/address.hpp"
#include "supervisor/snapshot_of.hpp"
#include "sys/clock.hpp"

namespace tmplbuild::launch {

using control::Request;

// Whoever may ask could otherwise hide every word of the log, and make each line's masking slow.
static constexpr std::size_t most_announced = 64, shortest_announced = 8;

static status::UnixMs unix_now() { return sys::in_ms(sys::time_of_day()); }

PodControl::PodControl(const PodView& pod, Poller& poller, PodLog& log, const Announcer& announcer,
                       std::string spec_problem, Asks asks)
    : pod_(pod),
      log_(log),
      announcer_(announcer),
      spec_problem_(std::move(spec_problem)),
      asks_(std::move(asks)),
      started_(pod.now()),
      server_(poller, {[this] { return status::write_snapshot(snapshot()); },
                       [this](const Request& request) { return read_log(request); },
                       [this](const Request& request) { return command(request); }}) {}

void PodControl::open(const std::string& run_dir) {
    socket_.since = unix_now();
    log_.on_lines = [this](const std::string& name, std::string_view block) { server_.lines(name, block); };
    log_.on_change = [this] { server_.changed(); };
    std::vector<std::string> why;
    for (const std::string& folder : control::run_folders(run_dir)) {
        auto opened = server_.open(folder);
        if (opened) {
            socket_.state = "listening";
            socket_.reason = server_.path();
            return;
        }
        why.push_back(opened.error().message);
    }
    socket_.reason = join(why, "; ");
    pod_.say("launcher", "tmpl-ctl cannot be used: " + socket_.reason);
}

status::Snapshot PodControl::snapshot() const {
    status::Snapshot out = snapshot_of(pod_.spec, pod_.state, {pod_.now(), unix_now(), started_});
    for (status::Service& service : out.services) log_.mask().apply(service.reason);
    for (status::Kernel& kernel : out.kernels) log_.mask().apply(kernel.reason);
    const LogStatus logs = log_.status();
    out.logs = {logs.state, logs.folder, logs.reason, logs.dropped, logs.stdout_dropped};
    out.components.push_back({.name = "pod.json",
                              .state = spec_problem_.empty() ? "in use" : "failed",
                              .reason = spec_problem_,
                              .since = out.started});
    out.components.push_back(socket_);
    status::sum_up(out, pod_.state.mode != Mode::running);
    out.timeline = announcer_.timeline().moments();
    out.timeline_left_out = announcer_.timeline().left_out();
    out.orphans = asks_.orphans();
    return out;
}

static std::vector<std::string> names_of(const std::vector<pod::Service>& services) {
    std::vector<std::string> out;
    for (const pod::Service& service : services) out.push_back(service.name);
    return out;
}

Result<control::Server::LogLines> PodControl::read_log(const Request& request) const {
    if (log_.knows(request.name))
        return control::Server::LogLines{log_.last(request.name, request.lines),
                                         log_.older_in(request.name, request.lines)};
    for (const pod::Service& service : pod_.spec.services)
        if (service.name == request.name) return control::Server::LogLines{};
    for (const pod::Kernel& kernel : pod_.spec.kernels)
        if (kernel.name == request.name) return control::Server::LogLines{};
    std::vector<std::string> names = names_of(pod_.spec.services);
    names.insert(names.begin(), "launcher");
    return usage_error("'" + request.name + "' is not a service of this pod; there is " + join(names, ", "));
}

Result<std::string> PodControl::command(const Request& request) {
    if (request.kind == Request::Kind::kernel_retry || request.kind == Request::Kind::kernel_off)
        return command_kernels(request);
    if (request.kind == Request::Kind::announce) return announce(request);
    for (std::size_t i = 0; i < pod_.spec.services.size(); ++i)
        if (pod_.spec.services[i].name == request.name) return command_service(request, i);
    return usage_error("'" + request.name + "' is not a service of this pod; there is " +
                       join(names_of(pod_.spec.services), ", "));
}

// A secret that a service made, as Services::secret_of() shows one: on the pod's own stdout, and in no log.
Result<std::string> PodControl::announce(const Request& request) {
    const std::vector<std::string> names = names_of(pod_.spec.services);
    if (std::find(names.begin(), names.end(), request.name) == names.end())
        return usage_error("'" + request.name + "' is not a service of this pod; there is " + join(names, ", "));
    if (request.secret.size() < shortest_announced || visible(request.secret) != request.secret)
        return usage_error("a secret to announce has 8 or more characters, and no control characters");
    if (visible(request.text) != request.text)
        return usage_error("what is announced is one line without control characters");
    const bool is_known = log_.mask().masked(request.secret) == "***";
    if (!is_known && announced_ == most_announced) return usage_error("64 secrets were announced already");
    if (!is_known) ++announced_;
    log_.mask().hide(request.secret);
    if (!request.text.empty()) log_.announce(request.name, request.text);
    return std::string(request.text.empty() ? "hidden" : "announced");
}

Result<std::string> PodControl::command_service(const Request& request, std::size_t i) {
    const std::string& name = pod_.spec.services[i].name;
    const ServiceState& now = pod_.state.services[i];
    if (pod_.state.mode != Mode::running) return usage_error("the pod is stopping");
    if (now.unusable) return usage_error("'" + name + "' cannot be started: " + now.reason);
    const bool runs = now.pid != 0 && now.phase != Phase::stopping;
    if (request.kind == Request::Kind::start && runs) return "'" + name + "' runs already";
    const bool stop = request.kind == Request::Kind::stop;
    pod_.say(name, stop ? "a person asked for its stop" : "a person asked for its start");
    pod_.happen({.kind = stop ? Event::Kind::stop_service : Event::Kind::restart_service,
                 .service = i,
                 .more = now.pid == 0 && now.left == 0 ? asks_.left_of(i) : std::string()});
    const std::string blocked = now.phase == Phase::blocked ? ": " + now.reason : "";
    return "'" + name + "' is " + to_string(now.phase) + blocked;
}

// A request without a name is for every kernel of the pod.
Result<std::string> PodControl::command_kernels(const Request& request) {
    if (pod_.state.mode != Mode::running) return usage_error("the pod is stopping");
    const bool retry = request.kind == Request::Kind::kernel_retry;
    std::vector<std::string> names, done;
    for (std::size_t k = 0; k < pod_.spec.kernels.size(); ++k) {
        const pod::Kernel& kernel = pod_.spec.kernels[k];
        names.push_back(kernel.name);
        if (!request.name.empty() && request.name != kernel.name) continue;
        if (retry && kernel.install == pod::InstallMode::off)
            return usage_error("'" + kernel.name + "' is off, since " + kernel.env_var + " is off");
        pod_.say(kernel.name, retry ? "a person asked for another try" : "a person switched it off");
        pod_.happen({.kind = retry ? Event::Kind::kernel_retry : Event::Kind::kernel_off, .kernel = k});
        const KernelState& now = pod_.state.kernels[k];
        const bool is_there = retry && now.in_place && !now.fallback;
        done.push_back("'" + kernel.name + "' is " + to_string(now.phase) +
                       (is_there ? " (it is in place: a restart of what uses it tries it again)" : ""));
    }
    if (!done.empty()) return join(done, ", ");
    if (names.empty()) return usage_error("this pod has no kernels");
    return usage_error("'" + request.name + "' is not a kernel of this pod; there is " + join(names, ", "));
}

}  // namespace tmplbuild::launch
