// SPDX-License-Identifier: Apache-2.0
#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "podlog/secret_names.hpp"
#include "supervisor/constraints.hpp"
#include "supervisor/engine_class.hpp"
#include "sys/random.hpp"

namespace tmplbuild::launch {

// A value that is too short to be replaced wherever it stands is said, once for each variable.
void Engine::hide(const std::string& variable, std::string_view value) {
    if (!log_.mask().hide(value) && short_secrets_.insert(variable).second)
        say("launcher",
            "the value of " + variable + " is too short to be hidden in logs; take one of 4 or more characters");
}

void Engine::prepare_services() {
    for (const std::string& entry : options_.environment) {
        const std::size_t equals = entry.find('=');
        if (equals != std::string::npos && names_secret(std::string_view(entry).substr(0, equals)))
            hide(entry.substr(0, equals), std::string_view(entry).substr(equals + 1));
    }
    live_.resize(spec_.services.size());
    for (std::size_t i = 0; i < spec_.services.size(); ++i) prepare_service(i);
}

void Engine::prepare_service(std::size_t i) {
    pod::Service& service = spec_.services[i];
    if (!service.unusable.empty()) return;
    auto expanded = pod::expand_service(service, options_.spec_file);
    if (!expanded) {
        service.unusable = expanded.error().message;
        return;
    }
    if (expanded->command.empty() || expanded->command[0].empty()) service.unusable = "its command is empty";
    for (const std::string& need : service.needs) {
        const bool known = std::any_of(spec_.services.begin(), spec_.services.end(),
                                       [&](const pod::Service& other) { return other.name == need; });
        if (!known) service.unusable = "it needs '" + need + "', which is not a service of this pod";
    }
    for (std::size_t j = 0; j < i; ++j)
        if (spec_.services[j].name == service.name) service.unusable = "another service has the same name";
    live_[i].expanded = std::move(*expanded);
}

// When the service is started, or once all that can be were started: before anything is read of what services print,
// since the values that are hidden there come from here.
void Engine::make_environment(std::size_t i) {
    if (live_[i].has_environment || !spec_.services[i].unusable.empty()) return;
    live_[i].has_environment = true;
    std::vector<std::string>& environment = live_[i].environment = options_.environment;
    auto set = [&](const std::string& name, const std::string& value) {
        set_variable(environment, name, value);
        if (names_secret(name)) hide(name, value);
    };
    set_constraints(spec_, environment);
    set(service_variable, spec_.services[i].name);
    for (const auto& [name, value] : live_[i].expanded.environment) set(name, value);
    for (const pod::GeneratedSecret& secret : spec_.services[i].generated_secrets) {
        std::string value;
        for (const std::string& entry : options_.environment)
            if (!secret.from.empty() && entry.starts_with(secret.from + "="))
                value = entry.substr(secret.from.size() + 1);
        if (value.empty()) {
            value = sys::random_hex(32);
            log_.announce(spec_.services[i].name, secret.variable + " was made for this pod: " + value);
        }
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

SpawnRequest Engine::request_of(std::size_t i) const {
    const pod::Service& service = spec_.services[i];
    SpawnRequest request;
    request.argv = live_[i].expanded.command;
    const auto add = [&](const std::vector<std::string>& more) {
        request.argv.insert(request.argv.end(), more.begin(), more.end());
    };
    if (state_.services[i].with_kernel) add(live_[i].expanded.args_with_kernel);
    if (state_.services[i].without_gpu) add(live_[i].expanded.args_without_gpu);
    request.environment = live_[i].environment;
    request.directory = service.directory.empty() ? "/" : service.directory;
    request.umask = service.umask;
    request.rlimits = service.rlimits;
    return request;
}

void Engine::close_service(std::size_t i) {
    for (int* fd : {&live_[i].report, &live_[i].out, &live_[i].err}) {
        if (*fd < 0) continue;
        poller_.forget(*fd);
        ::close(*fd);
        *fd = -1;
    }
}

void Engine::start_service(std::size_t i) {
    make_environment(i);
    SpawnRequest request = request_of(i);
    Event failed{.kind = Event::Kind::spawn_failed, .service = i};
    if (!spec_.services[i].user.empty()) {
        auto account = find_account(spec_.services[i].user);
        if (!account) {
            failed.text = account.error().message;
            return happen(failed);
        }
        add_account(request, spec_.services[i], std::move(*account));
    }
    auto spawned = spawn(request);
    if (!spawned) {
        failed.text = spawned.error().message;
        return happen(failed);
    }
    Live& live = live_[i];
    live.not_started.clear();
    live.seen.clear();
    live.told.clear();
    live.own_listeners.clear();
    live.foreign_listeners.clear();
    live.foreign_words.clear();
    live.group_told = live.dying = live.unsure_was_said = false;
    close_service(i);  // a stray of the service's last life may have kept them open
    live.report = spawned->report;
    live.out = spawned->out;
    live.err = spawned->err;
    poller_.watch(live.report, EPOLLIN, [this, i] { read_report(i); });
    poller_.watch(live.out, EPOLLIN, [this, i] { read_output(i, live_[i].out, live_[i].out_lines); });
    poller_.watch(live.err, EPOLLIN, [this, i] { read_output(i, live_[i].err, live_[i].err_lines); });
    happen({.kind = Event::Kind::spawned, .service = i, .pid = spawned->pid});
}

void Engine::read_report(std::size_t i) {
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
    if (live.not_started.empty()) happen({.kind = Event::Kind::executed, .service = i});
}

void Engine::take_lines(std::size_t i, std::string& block) {
    const pod::Service& service = spec_.services[i];
    log_.output(service.name, block);
    if (service.ready.kind == pod::Probe::Kind::log && !state_.services[i].was_ready &&
        block.find(service.ready.log) != std::string::npos)
        happen({.kind = Event::Kind::log_matched, .service = i});
    look_for_degraded(i, block);
}

void Engine::read_output(std::size_t i, int& fd, LineBlocks& lines) {
    // As much in one go as costs little memory at each of its ways out; not cleared, since most reads are short.
    std::array<char, 16384> text;
    const ssize_t got = ::read(fd, text.data(), text.size());
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    const auto take = [this, i](std::string& block) { take_lines(i, block); };
    if (got > 0) return lines.feed({text.data(), static_cast<std::size_t>(got)}, log_.mask(), now_ms(), take);
    poller_.forget(fd);
    ::close(fd);
    fd = -1;
    lines.flush(take);
}

// Reads what a service that ended has left in its pipes: at most what a pipe holds, since a stray may write on.
void Engine::drain(std::size_t i) {
    constexpr int most_reads = 64;
    Live& live = live_[i];
    if (live.report >= 0) read_report(i);
    for (int part = 0; part < most_reads && live.report >= 0 && !live.not_started.empty(); ++part) read_report(i);
    for (int part = 0; part < most_reads && live.out >= 0; ++part) read_output(i, live.out, live.out_lines);
    for (int part = 0; part < most_reads && live.err >= 0; ++part) read_output(i, live.err, live.err_lines);
    // A stray that still holds the pipe does not hold back the service's last line.
    const auto take = [this, i](std::string& block) { take_lines(i, block); };
    live.out_lines.flush(take);
    live.err_lines.flush(take);
}

// The newest state of each progress bar that has not ended and was not shown yet.
void Engine::show_bars(Time now) {
    for (std::size_t i = 0; i < live_.size(); ++i)
        for (LineBlocks* lines : {&live_[i].out_lines, &live_[i].err_lines})
            if (now >= lines->due())
                lines->tick(log_.mask(), now, [this, i](std::string& block) { take_lines(i, block); });
    for (auto& entry : helpers_)
        if (auto& helper = entry.second; now >= helper.lines.due())
            helper.lines.tick(log_.mask(), now,
                              [this, &helper](std::string& block) { log_.output(helper.name, block); });
}

}  // namespace tmplbuild::launch
