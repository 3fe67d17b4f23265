// SPDX-License-Identifier: Apache-2.0
#include "base/text.hpp"
#include "control/address.hpp"
#include "supervisor/engine_class.hpp"
#include "supervisor/snapshot_of.hpp"
#include "sys/clock.hpp"

namespace tmplbuild::launch {

using control::Request;

static status::UnixMs unix_now() { return sys::in_ms(sys::time_of_day()); }

std::string Engine::given(std::string_view variable) const {
    for (const std::string& entry : options_.environment)
        if (entry.size() > variable.size() && entry.starts_with(variable) && entry[variable.size()] == '=')
            return entry.substr(variable.size() + 1);
    return {};
}

void Engine::open_control() {
    control_.since = unix_now();
    log_.on_lines = [this](const std::string& name, std::string_view block) { server_.lines(name, block); };
    log_.on_change = [this] { server_.changed(); };
    std::vector<std::string> why;
    for (const std::string& folder : control::run_folders(given("TMPLBUILD_RUN_DIR"))) {
        auto opened = server_.open(folder);
        if (opened) {
            control_.state = "listening";
            control_.reason = server_.path();
            return;
        }
        why.push_back(opened.error().message);
    }
    control_.reason = join(why, "; ");
    say("launcher", "tmpl-ctl cannot be used: " + control_.reason);
}

void Engine::say(const std::string& who, const std::string& text) {
    std::string shown = text;
    log_.mask().apply(shown);
    log_.say(who, shown);
    timeline_.add({unix_now(), who, shown});
    server_.changed();
}

status::Snapshot Engine::snapshot() const {
    status::Snapshot out = snapshot_of(spec_, state_, {now_ms(), unix_now(), started_});
    for (status::Service& service : out.services) log_.mask().apply(service.reason);
    for (status::Kernel& kernel : out.kernels) log_.mask().apply(kernel.reason);
    const LogStatus logs = log_.status();
    out.logs = {logs.state, logs.folder, logs.reason, logs.dropped, logs.stdout_dropped};
    const bool usable = options_.spec_problem.empty();
    out.components.push_back({.name = "pod.json",
                              .state = usable ? "in use" : "failed",
                              .reason = options_.spec_problem,
                              .since = out.started});
    out.components.push_back(control_);
    status::sum_up(out, state_.mode != Mode::running);
    out.timeline = timeline_.moments();
    out.timeline_left_out = timeline_.left_out();
    out.orphans = orphans_;
    return out;
}

Result<control::Server::LogLines> Engine::read_log(const Request& request) const {
    if (log_.knows(request.name))
        return control::Server::LogLines{log_.last(request.name, request.lines),
                                         log_.older_in(request.name, request.lines)};
    std::vector<std::string> names{"launcher"};
    for (const pod::Service& service : spec_.services) {
        if (service.name == request.name) return control::Server::LogLines{};
        names.push_back(service.name);
    }
    return usage_error("'" + request.name + "' is not a service of this pod; there is " + join(names, ", "));
}

Result<std::string> Engine::command(const Request& request) {
    if (request.kind == Request::Kind::kernel_retry || request.kind == Request::Kind::kernel_off)
        return command_kernels(request);
    std::vector<std::string> names;
    for (std::size_t i = 0; i < spec_.services.size(); ++i) {
        if (spec_.services[i].name == request.name) return command_service(request, i);
        names.push_back(spec_.services[i].name);
    }
    return usage_error("'" + request.name + "' is not a service of this pod; there is " + join(names, ", "));
}

Result<std::string> Engine::command_service(const Request& request, std::size_t i) {
    const std::string& name = spec_.services[i].name;
    const ServiceState& now = state_.services[i];
    if (state_.mode != Mode::running) return usage_error("the pod is stopping");
    if (now.phase == Phase::failed && !spec_.services[i].unusable.empty())
        return usage_error("'" + name + "' cannot be started: " + now.reason);
    const bool runs = now.pid != 0 && now.phase != Phase::stopping;
    if (request.kind == Request::Kind::start && runs) return "'" + name + "' runs already";
    const bool stop = request.kind == Request::Kind::stop;
    say(name, stop ? "a person asked for its stop" : "a person asked for its start");
    happen({.kind = stop ? Event::Kind::stop_service : Event::Kind::restart_service,
            .service = i,
            .more = now.pid == 0 && now.left == 0 ? left_of(i, 0) : std::string()});
    return "'" + name + "' is " + to_string(state_.services[i].phase);
}

}  // namespace tmplbuild::launch
