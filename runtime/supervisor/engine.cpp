// SPDX-License-Identifier: Apache-2.0
#include "supervisor/engine.hpp"

#include <poll.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <ctime>
#include <map>
#include <memory>

#include "podspec/names.hpp"
#include "podspec/placeholders.hpp"
#include "supervisor/net_probe.hpp"
#include "supervisor/output.hpp"
#include "supervisor/spawn.hpp"
#include "supervisor/strays.hpp"

namespace tmplbuild::launch {

namespace {

Time now_ms() {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1'000'000;
}

int random_jitter() {
    std::uint32_t value = 0;
    if (::getrandom(&value, sizeof value, GRND_NONBLOCK) != static_cast<ssize_t>(sizeof value)) return 0;
    return static_cast<int>(value % 2001) - 1000;
}

std::string random_hex() {
    std::array<unsigned char, 32> bytes{};
    if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) return {};
    std::string out;
    for (const unsigned char byte : bytes) {
        out += "0123456789abcdef"[byte >> 4];
        out += "0123456789abcdef"[byte & 15];
    }
    return out;
}

// One service's live parts; the model's part of it is in PodState.
struct Live {
    std::vector<std::string> environment;  // made once, so that a restart keeps a generated secret
    pod::ExpandedService expanded;
    int report = -1, out = -1, err = -1;
    std::string not_started;  // why its program could not be executed
    LineSplitter out_lines, err_lines;
    std::unique_ptr<NetProbe> net_probe;
    pid_t exec_probe = 0;
};

class Engine {
  public:
    Engine(pod::PodSpec spec, const EngineOptions& options) : spec_(std::move(spec)), options_(options) {}

    int run() {
        prepare();
        state_ = first_state(spec_);
        for (std::size_t i = 0; i < spec_.services.size(); ++i)
            if (state_.services[i].phase == Phase::failed)
                log_.line(spec_.services[i].name, "failed: " + state_.services[i].reason);
        happen({.kind = Event::Kind::start});
        if (!options_.foreground.empty()) start_foreground();
        while (state_.mode != Mode::over) wait_once();
        return code_;
    }

  private:
    void prepare();
    void prepare_service(std::size_t i);
    void happen(Event event);
    void act(const Action& action);
    void start_service(std::size_t i);
    void start_foreground();
    void start_probe(std::size_t i);
    void answer_probe(std::size_t i, bool ok);
    void cancel_probe(std::size_t i);
    void wait_once();
    void on_signals();
    void reap();
    void on_exit(pid_t pid, int status);
    void read_output(std::size_t i, int& fd, LineSplitter& lines);
    void read_report(std::size_t i);
    void poll_probes(const std::map<int, short>& ready);

    pod::PodSpec spec_;
    const EngineOptions& options_;
    PodState state_;
    std::vector<Live> live_;
    PodLog log_;
    int signals_ = -1;
    int code_ = 0;
};

void Engine::prepare() {
    sigset_t all;
    sigfillset(&all);
    ::sigprocmask(SIG_SETMASK, &all, nullptr);
    signals_ = ::signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK);
    if (::getpid() != 1) ::prctl(PR_SET_CHILD_SUBREAPER, 1);
    for (const std::string& entry : options_.environment) {
        const std::size_t equals = entry.find('=');
        const std::string name = entry.substr(0, equals);
        for (const char* ending : {"TOKEN", "PASSWORD", "SECRET", "API_KEY"})
            if (equals != std::string::npos && name.ends_with(ending)) log_.hide(entry.substr(equals + 1));
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
    live_[i].expanded = std::move(*expanded);
    std::vector<std::string>& environment = live_[i].environment = options_.environment;
    auto set = [&](const std::string& name, const std::string& value) {
        std::erase_if(environment, [&](const std::string& entry) { return entry.starts_with(name + "="); });
        environment.push_back(name + "=" + value);
    };
    if (!spec_.constraints.empty()) {
        set("PIP_CONSTRAINT", spec_.constraints);
        set("UV_CONSTRAINT", spec_.constraints);
    }
    for (const auto& [name, value] : live_[i].expanded.environment) set(name, value);
    for (const pod::GeneratedSecret& secret : service.generated_secrets) {
        std::string value;
        for (const std::string& entry : options_.environment)
            if (!secret.from.empty() && entry.starts_with(secret.from + "="))
                value = entry.substr(secret.from.size() + 1);
        if (value.empty()) {
            value = random_hex();
            log_.announce(service.name, secret.variable + " was made for this pod: " + value);
        }
        log_.hide(value);
        set(secret.variable, value);
    }
}

void Engine::happen(Event event) {
    event.now = now_ms();
    if (event.jitter == 0) event.jitter = random_jitter();
    Step step = transition(spec_, std::move(state_), event);
    state_ = std::move(step.state);
    for (const Action& action : step.actions) act(action);
}

void Engine::act(const Action& action) {
    const std::size_t i = action.service;
    switch (action.kind) {
        case Action::Kind::spawn:
            return start_service(i);
        case Action::Kind::signal_group:
            if (state_.services[i].pid > 1) ::kill(-state_.services[i].pid, action.signal);
            return;
        case Action::Kind::signal_foreground:
            if (state_.foreground > 1) ::kill(-state_.foreground, action.signal);
            return;
        case Action::Kind::probe:
            return start_probe(i);
        case Action::Kind::cancel_probe:
            return cancel_probe(i);
        case Action::Kind::sweep:
            signal_strays(action.signal);
            return;
        case Action::Kind::say:
            return log_.line(spec_.services[i].name, action.text);
        case Action::Kind::leave:
            code_ = action.code;
            return;
    }
}

static SpawnRequest request_of(const pod::Service& service, const Live& live) {
    SpawnRequest request;
    request.argv = live.expanded.command;
    request.environment = live.environment;
    request.directory = service.directory.empty() ? "/" : service.directory;
    request.umask = service.umask;
    request.rlimits = service.rlimits;
    return request;
}

void Engine::start_service(std::size_t i) {
    const pod::Service& service = spec_.services[i];
    SpawnRequest request = request_of(service, live_[i]);
    Event failed{.kind = Event::Kind::spawn_failed, .service = i};
    if (!service.user.empty()) {
        auto account = find_account(service.user);
        if (!account) {
            failed.text = account.error().message;
            return happen(failed);
        }
        request.account = std::move(*account);
    }
    auto spawned = spawn(request);
    if (!spawned) {
        failed.text = spawned.error().message;
        return happen(failed);
    }
    live_[i].not_started.clear();
    for (int* fd : {&live_[i].report, &live_[i].out, &live_[i].err})
        if (*fd >= 0) ::close(*fd);  // a stray of the service's last life may have kept them open
    live_[i].report = spawned->report;
    live_[i].out = spawned->out;
    live_[i].err = spawned->err;
    happen({.kind = Event::Kind::spawned, .service = i, .pid = spawned->pid});
}

void Engine::start_foreground() {
    SpawnRequest request;
    request.argv = options_.foreground;
    request.environment = options_.environment;
    request.foreground = true;
    auto spawned = spawn(request);
    if (!spawned) {
        log_.line("launcher", spawned.error().message);
        return happen({.kind = Event::Kind::foreground_exited, .status = 127 << 8});
    }
    happen({.kind = Event::Kind::foreground_started, .pid = spawned->pid});
    for (const int fd : {spawned->out, spawned->err, spawned->report}) ::close(fd);
}

void Engine::start_probe(std::size_t i) {
    const pod::Service& service = spec_.services[i];
    const pod::Probe& probe = service.ready;
    if (probe.kind == pod::Probe::Kind::exec) {
        SpawnRequest request = request_of(service, live_[i]);
        request.argv = live_[i].expanded.probe;
        if (!service.user.empty())
            if (auto account = find_account(service.user)) request.account = std::move(*account);
        auto spawned = spawn(request);
        if (!spawned) return answer_probe(i, false);
        for (const int fd : {spawned->out, spawned->err, spawned->report}) ::close(fd);
        live_[i].exec_probe = spawned->pid;
        return;
    }
    const std::uint16_t port = probe.port != 0 ? probe.port : service.bind_port();
    live_[i].net_probe =
        std::make_unique<NetProbe>(port, probe.kind == pod::Probe::Kind::http ? probe.http : std::string());
    if (const auto answer = live_[i].net_probe->advance()) answer_probe(i, *answer);
}

void Engine::answer_probe(std::size_t i, bool ok) {
    live_[i].net_probe.reset();
    live_[i].exec_probe = 0;
    happen({.kind = Event::Kind::probe_answered, .service = i, .ok = ok});
}

void Engine::cancel_probe(std::size_t i) {
    live_[i].net_probe.reset();
    if (live_[i].exec_probe > 1) ::kill(-live_[i].exec_probe, SIGKILL);
    live_[i].exec_probe = 0;
}

void Engine::wait_once() {
    std::vector<pollfd> polled = {{signals_, POLLIN, 0}};
    for (const Live& live : live_) {
        for (const int fd : {live.report, live.out, live.err})
            if (fd >= 0) polled.push_back({fd, POLLIN, 0});
        if (live.net_probe) polled.push_back({live.net_probe->fd(), live.net_probe->events(), 0});
    }
    const Time due = next_due(state_);
    const Time pause = due == never ? -1 : std::clamp<Time>(due - now_ms(), 0, 3'600'000);
    ::poll(polled.data(), polled.size(), static_cast<int>(pause));
    std::map<int, short> ready;
    for (const pollfd& one : polled)
        if (one.revents != 0) ready[one.fd] = one.revents;
    for (std::size_t i = 0; i < live_.size(); ++i) {
        Live& live = live_[i];
        if (ready.contains(live.report)) read_report(i);
        if (ready.contains(live.out)) read_output(i, live.out, live.out_lines);
        if (ready.contains(live.err)) read_output(i, live.err, live.err_lines);
    }
    poll_probes(ready);
    if (ready.contains(signals_)) on_signals();
    if (now_ms() >= next_due(state_)) happen({.kind = Event::Kind::tick});
}

void Engine::poll_probes(const std::map<int, short>& ready) {
    for (std::size_t i = 0; i < live_.size(); ++i) {
        if (!live_[i].net_probe || !ready.contains(live_[i].net_probe->fd())) continue;
        if (const auto answer = live_[i].net_probe->advance()) answer_probe(i, *answer);
    }
}

void Engine::read_report(std::size_t i) {
    std::array<char, 256> text{};
    const ssize_t got = ::read(live_[i].report, text.data(), text.size());
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got > 0) {
        live_[i].not_started.append(text.data(), static_cast<std::size_t>(got));
        return;
    }
    ::close(live_[i].report);
    live_[i].report = -1;
    if (live_[i].not_started.empty()) happen({.kind = Event::Kind::executed, .service = i});
}

void Engine::read_output(std::size_t i, int& fd, LineSplitter& lines) {
    std::array<char, 65536> text{};
    const ssize_t got = ::read(fd, text.data(), text.size());
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    const pod::Service& service = spec_.services[i];
    bool matched = false;
    const auto line = [&](std::string_view one) {
        log_.line(service.name, one);
        matched = matched || (service.ready.kind == pod::Probe::Kind::log &&
                              one.find(service.ready.log) != std::string_view::npos);
    };
    if (got > 0) {
        lines.feed({text.data(), static_cast<std::size_t>(got)}, line);
    } else {
        lines.flush(line);
        ::close(fd);
        fd = -1;
    }
    if (matched) happen({.kind = Event::Kind::log_matched, .service = i});
}

void Engine::on_signals() {
    signalfd_siginfo info{};
    while (::read(signals_, &info, sizeof info) == static_cast<ssize_t>(sizeof info)) {
        switch (info.ssi_signo) {
            case SIGCHLD:
                break;
            case SIGTERM:
                happen({.kind = Event::Kind::terminate});
                break;
            case SIGINT:
            case SIGQUIT:
            case SIGHUP:
                if (state_.foreground > 1)
                    ::kill(-state_.foreground, static_cast<int>(info.ssi_signo));
                else
                    happen({.kind = Event::Kind::terminate});
                break;
            default:
                break;  // the rest means nothing to a pod
        }
    }
    reap();
}

void Engine::reap() {
    for (;;) {
        int status = 0;
        const pid_t pid = ::waitpid(-1, &status, WNOHANG);
        if (pid < 0 && errno == EINTR) continue;
        if (pid < 0 && state_.mode == Mode::sweeping) happen({.kind = Event::Kind::no_children});
        if (pid <= 0) return;
        on_exit(pid, status);
    }
}

void Engine::on_exit(pid_t pid, int status) {
    if (pid == state_.foreground) return happen({.kind = Event::Kind::foreground_exited, .status = status});
    for (std::size_t i = 0; i < live_.size(); ++i) {
        if (live_[i].exec_probe == pid) return answer_probe(i, status == 0);
        if (state_.services[i].pid != pid) continue;
        // Its last words come before the news of its end.
        if (live_[i].report >= 0) read_report(i);
        if (live_[i].out >= 0) read_output(i, live_[i].out, live_[i].out_lines);
        if (live_[i].err >= 0) read_output(i, live_[i].err, live_[i].err_lines);
        ::kill(-pid, SIGKILL);  // what is left of its group would hold its port
        return happen({.kind = Event::Kind::exited, .service = i, .status = status, .text = live_[i].not_started});
    }
    happen({.kind = Event::Kind::stray_exited, .pid = pid});
}

}  // namespace

int run_pod(pod::PodSpec spec, const EngineOptions& options) { return Engine(std::move(spec), options).run(); }

}  // namespace tmplbuild::launch
