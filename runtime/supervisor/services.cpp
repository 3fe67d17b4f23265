// SPDX-License-Identifier: Apache-2.0
#include "supervisor/services.hpp"

#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "podlog/secret_names.hpp"
#include "supervisor/environment.hpp"
#include "supervisor/process_trees.hpp"
#include "sys/random.hpp"

namespace tmplbuild::launch {

Services::Services(const PodView& pod, Poller& poller, PodLog& log, const std::vector<std::string>& environment,
                   std::function<void(std::size_t)> new_process)
    : pod_(pod), poller_(poller), log_(log), environment_(environment), new_process_(std::move(new_process)) {}

Services::~Services() {
    for (std::size_t i = 0; i < live_.size(); ++i) close(i);
}

// Hides a value in the log. A value that is too short to hide is reported, once for each variable.
void Services::hide(const std::string& variable, std::string_view value) {
    if (!log_.mask().hide(value) && short_secrets_.insert(variable).second)
        pod_.say("launcher",
                 "the value of " + variable + " is too short to be hidden in logs; take one of 4 or more characters");
}

void Services::prepare(std::vector<pod::ExpandedService> expanded, std::string run_folder) {
    run_folder_ = std::move(run_folder);
    for (const std::string& entry : environment_) {
        const std::size_t equals = entry.find('=');
        if (equals != std::string::npos && names_secret(std::string_view(entry).substr(0, equals)))
            hide(entry.substr(0, equals), std::string_view(entry).substr(equals + 1));
    }
    live_.resize(expanded.size());
    for (std::size_t i = 0; i < expanded.size(); ++i) live_[i].expanded = std::move(expanded[i]);
}

// The value of the pod's variable, or one that is made here and shown once.
std::string Services::secret_of(const pod::Service& service, const pod::GeneratedSecret& secret) {
    std::string value = secret.from.empty() ? std::string() : value_in(environment_, secret.from);
    if (!value.empty()) return value;
    value = sys::random_hex(32);
    log_.announce(service.name, secret.variable + " was made for this pod: " + value);
    return value;
}

void Services::make_environment(std::size_t i) {
    const pod::Service& service = pod_.spec.services[i];
    if (live_[i].has_environment || !service.unusable.empty()) return;
    live_[i].has_environment = true;
    std::vector<std::string>& environment = live_[i].environment = environment_;
    auto set = [&](const std::string& name, const std::string& value) {
        set_variable(environment, name, value);
        if (names_secret(name)) hide(name, value);
    };
    set_constraints(pod_.spec, environment);
    if (!run_folder_.empty()) set_variable(environment, "TMPLBUILD_RUN_DIR", run_folder_);
    set(service_variable, service.name);
    for (const auto& [name, value] : live_[i].expanded.environment) set(name, value);
    for (const pod::GeneratedSecret& secret : service.generated_secrets) {
        const std::string value = secret_of(service, secret);
        hide(secret.variable, value);
        set(secret.variable, value);
    }
}

void add_account(SpawnRequest& request, const pod::Service& service, Account account) {
    for (const auto& [name, value] : {std::pair<std::string, std::string>("HOME", account.home),
                                      {"USER", account.name},
                                      {"LOGNAME", account.name}}) {
        if (!value.empty() && !service.environment.contains(name)) set_variable(request.environment, name, value);
    }
    request.account = std::move(account);
}

SpawnRequest Services::request_of(std::size_t i) const {
    const pod::Service& service = pod_.spec.services[i];
    SpawnRequest request;
    request.argv = live_[i].expanded.command;
    const auto add = [&](const std::vector<std::string>& more) {
        request.argv.insert(request.argv.end(), more.begin(), more.end());
    };
    if (pod_.state.services[i].with_kernel) add(live_[i].expanded.args_with_kernel);
    if (pod_.state.services[i].without_gpu) add(live_[i].expanded.args_without_gpu);
    request.environment = live_[i].environment;
    request.directory = service.directory.empty() ? "/" : service.directory;
    request.umask = service.umask;
    request.rlimits = service.rlimits;
    return request;
}

SpawnRequest Services::probe_request(std::size_t i) const {
    SpawnRequest request = request_of(i);
    request.argv = pod_.state.services[i].was_ready ? live_[i].expanded.health : live_[i].expanded.probe;
    if (const std::string& user = pod_.spec.services[i].user; !user.empty())
        if (auto account = find_account(user)) add_account(request, pod_.spec.services[i], std::move(*account));
    return request;
}

void Services::close(std::size_t i) {
    for (int* fd : {&live_[i].report, &live_[i].out, &live_[i].err}) {
        if (*fd < 0) continue;
        poller_.forget(*fd);
        ::close(*fd);
        *fd = -1;
    }
}

void Services::start(std::size_t i) {
    make_environment(i);
    SpawnRequest request = request_of(i);
    Event failed{.kind = Event::Kind::spawn_failed, .service = i};
    if (const std::string& user = pod_.spec.services[i].user; !user.empty()) {
        auto account = find_account(user);
        if (!account) {
            failed.text = account.error().message;
            return pod_.happen(failed);
        }
        add_account(request, pod_.spec.services[i], std::move(*account));
    }
    auto spawned = spawn(request);
    if (!spawned) {
        failed.text = spawned.error().message;
        return pod_.happen(failed);
    }
    new_process_(i);
    watch(i, *spawned);
    pod_.happen({.kind = Event::Kind::spawned, .service = i, .pid = spawned->pid});
}

void Services::watch(std::size_t i, const Spawned& spawned) {
    close(i);  // a process that the service left running may have kept the pipes open
    Live& live = live_[i];
    live.not_started.clear();
    live.report = spawned.report;
    live.out = spawned.out;
    live.err = spawned.err;
    poller_.watch(live.report, EPOLLIN, [this, i] { read_report(i); });
    poller_.watch(live.out, EPOLLIN, [this, i] { read_output(i, live_[i].out, live_[i].out_lines); });
    poller_.watch(live.err, EPOLLIN, [this, i] { read_output(i, live_[i].err, live_[i].err_lines); });
}

void Services::read_report(std::size_t i) {
    Live& live = live_[i];
    std::array<char, 1024> text{};
    const ssize_t got = ::read(live.report, text.data(), text.size());
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got > 0) {
        live.not_started.append(text.data(), static_cast<std::size_t>(got));
        return;
    }
    poller_.forget(live.report);
    ::close(live.report);
    live.report = -1;
    if (live.not_started.empty()) pod_.happen({.kind = Event::Kind::executed, .service = i});
}

void Services::take_lines(std::size_t i, std::string& block) {
    const pod::Service& service = pod_.spec.services[i];
    log_.output(service.name, block);
    if (service.ready.kind == pod::Probe::Kind::log && !pod_.state.services[i].was_ready &&
        block.find(service.ready.log) != std::string::npos)
        pod_.happen({.kind = Event::Kind::log_matched, .service = i});
    look_for_degraded(i, block);
}

void Services::look_for_degraded(std::size_t i, const std::string& block) {
    constexpr std::size_t shown = 300;  // bytes of a line that are shown
    const std::string& words = pod_.spec.services[i].degraded_log;
    if (words.empty() || !pod_.state.services[i].with_kernel) return;
    const std::size_t at = block.find(words);
    if (at == std::string::npos) return;
    const std::size_t begin = at == 0 ? 0 : block.rfind('\n', at - 1) + 1;
    pod_.happen({.kind = Event::Kind::service_degraded,
                 .service = i,
                 .text = block.substr(begin, std::min(block.find('\n', at) - begin, shown))});
}

void Services::read_output(std::size_t i, int& fd, LineBlocks& lines) {
    // Large enough for a flood of output, and small enough to be copied several times on its way. The buffer is not
    // cleared, since most reads are short.
    std::array<char, 16384> text;
    const ssize_t got = ::read(fd, text.data(), text.size());
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    const auto take = [this, i](std::string& block) { take_lines(i, block); };
    if (got > 0) return lines.feed({text.data(), static_cast<std::size_t>(got)}, log_.mask(), pod_.now(), take);
    poller_.forget(fd);
    ::close(fd);
    fd = -1;
    lines.flush(take);
}

void Services::drain(std::size_t i) {
    constexpr int most_reads = 64;
    Live& live = live_[i];
    if (live.report >= 0) read_report(i);
    for (int part = 0; part < most_reads && live.report >= 0 && !live.not_started.empty(); ++part) read_report(i);
    for (int part = 0; part < most_reads && live.out >= 0; ++part) read_output(i, live.out, live.out_lines);
    for (int part = 0; part < most_reads && live.err >= 0; ++part) read_output(i, live.err, live.err_lines);
    // The service's last line is taken even where another process still holds the pipe open.
    const auto take = [this, i](std::string& block) { take_lines(i, block); };
    live.out_lines.flush(take);
    live.err_lines.flush(take);
}

Time Services::next_due() const {
    Time due = never;
    for (const Live& live : live_) due = std::min({due, live.out_lines.due(), live.err_lines.due()});
    return due;
}

void Services::tick(Time now) {
    for (std::size_t i = 0; i < live_.size(); ++i)
        for (LineBlocks* lines : {&live_[i].out_lines, &live_[i].err_lines})
            if (now >= lines->due())
                lines->tick(log_.mask(), now, [this, i](std::string& block) { take_lines(i, block); });
}

}  // namespace tmplbuild::launch
