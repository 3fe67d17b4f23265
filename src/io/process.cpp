// SPDX-License-Identifier: Apache-2.0
#include "io/process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <memory>

#include "base/text.hpp"
#include "sys/fd.hpp"

namespace tmplbuild::io {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

namespace {

constexpr std::size_t max_captured = 64ULL << 20;
constexpr std::size_t max_line = 64 << 10;  // a longer one is passed on in pieces, so that memory stays bounded

std::vector<std::string> environment_of(const Command& command) {
    std::map<std::string, std::string> all;
    if (command.inherit_environment)
        for (char** entry = environ; *entry != nullptr; ++entry) {
            const std::string_view text(*entry);
            const std::size_t equals = text.find('=');
            if (equals != std::string_view::npos) all.emplace(text.substr(0, equals), text.substr(equals + 1));
        }
    for (const auto& [name, value] : command.environment) all[name] = value;
    std::vector<std::string> out;
    out.reserve(all.size());
    for (const auto& [name, value] : all) out.push_back(name + "=" + value);
    return out;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> out;
    for (std::string& text : texts) out.push_back(text.data());
    out.push_back(nullptr);
    return out;
}

struct Pipe {
    sys::Fd read, write;
    static Result<Pipe> make() {
        std::array<int, 2> ends{};
        if (::pipe2(ends.data(), O_CLOEXEC) != 0) return os_error("make", "a pipe", errno);
        return Pipe{sys::Fd(ends[0]), sys::Fd(ends[1])};
    }
};

// Everything the child needs, made before fork(): between fork and exec only async-signal-safe calls are allowed.
struct Launch {
    std::string program, directory;
    std::vector<char*> argv, environment;
    int in, out, err, report;
    pid_t parent;
    bool own_group, hangup_ignored;
};

// As nohup(1) sets it: what was started to outlive its terminal stays so, with all that it starts.
bool hangup_is_ignored() {
    struct sigaction now {};
    return ::sigaction(SIGHUP, nullptr, &now) == 0 && now.sa_handler == SIG_IGN;
}

[[noreturn]] void child(const Launch& launch) {
    if (launch.own_group) ::setpgid(0, 0);
    // A builder that was killed leaves no compiler running.
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != launch.parent) ::_exit(127);
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    for (const int number : {SIGINT, SIGTERM, SIGPIPE, SIGQUIT, SIGCHLD, SIGXFSZ}) ::signal(number, SIG_DFL);
    if (!launch.hangup_ignored) ::signal(SIGHUP, SIG_DFL);
    auto connect = [](int from, int to) { return from == to || ::dup2(from, to) >= 0; };
    const bool ready = connect(launch.in, 0) && connect(launch.out, 1) && connect(launch.err, 2) &&
                       (launch.directory.empty() || ::chdir(launch.directory.c_str()) == 0);
    if (ready) ::execve(launch.program.c_str(), launch.argv.data(), launch.environment.data());
    const int why = errno;
    [[maybe_unused]] const auto told = ::write(launch.report, &why, sizeof why);
    ::_exit(127);
}

// A terminal's settings, set back when this value ends: a program that is killed leaves it as it was using it.
class KeptTerminal {
  public:
    explicit KeptTerminal(bool keep) : kept_(keep && ::tcgetattr(STDIN_FILENO, &settings_) == 0) {}
    KeptTerminal(const KeptTerminal&) = delete;
    KeptTerminal& operator=(const KeptTerminal&) = delete;
    ~KeptTerminal() {
        if (kept_) ::tcsetattr(STDIN_FILENO, TCSADRAIN, &settings_);
    }

  private:
    termios settings_{};
    bool kept_;
};

// Splits one stream into lines; hands them on and keeps the last ones.
class Lines {
  public:
    Lines(const Command& command, std::deque<std::string>& tail) : command_(command), tail_(tail) {}
    void feed(std::string_view text) {
        while (!text.empty()) {
            const std::size_t end = text.find('\n');
            open_.append(text.substr(0, end));
            if (end == std::string_view::npos) {
                if (open_.size() >= max_line) flush_settled();
                return;
            }
            flush_always();
            text.remove_prefix(end + 1);
        }
    }
    void flush() {
        if (!open_.empty()) flush_always();
    }

  private:
    void flush_always() {
        if (!open_.empty() && open_.back() == '\r') open_.pop_back();
        tell(open_);
        open_.clear();
    }
    // Of a line that does not end; a secret that stands across two pieces would be in neither.
    void flush_settled() {
        const std::size_t settled = command_.mask.settled(open_);
        if (settled == 0) return;
        tell(open_.substr(0, settled));
        open_.erase(0, settled);
    }
    void tell(const std::string& text) {
        const std::string shown = command_.mask.empty() ? text : command_.mask.masked(text);
        if (command_.on_line) command_.on_line(shown);
        tail_.push_back(shown);
        if (tail_.size() > command_.keep_tail) tail_.pop_front();
    }
    const Command& command_;
    std::deque<std::string>& tail_;
    std::string open_;
};

// Lives behind a pointer: its line splitters refer to its own members.
class Running {
  public:
    Running(const Command& command, pid_t pid, sys::Fd in, sys::Fd out, sys::Fd err)
        : command_(command),
          pid_(pid),
          in_(std::move(in)),
          out_(std::move(out)),
          err_(std::move(err)),
          out_lines_(command, tail_),
          err_lines_(command, tail_) {}

    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;

    Result<ProcessResult> finish(const std::stop_token& stop) {
        const auto begin = Clock::now();
        bool stopped = false;
        while (out_ || err_ || !exited_) {
            stopped = stopped || stop.stop_requested();
            if (stopped) end_group(Clock::now());
            if (command_.timeout && !stopped && Clock::now() - begin >= *command_.timeout) {
                result_.timed_out = true;
                end_group(Clock::now());
            }
            step();
            reap();
            // What the child left behind may hold its pipes open for ever; its own end is the end.
            if (exited_ && Clock::now() - exited_at_ > std::chrono::seconds(1)) break;
        }
        signal(SIGKILL);
        out_lines_.flush();
        err_lines_.flush();
        if (stopped)
            return Error{.kind = ErrorKind::interrupted, .message = "stopped while running " + command_.argv[0]};
        result_.seconds = std::chrono::duration<double>(Clock::now() - begin).count();
        result_.tail.assign(tail_.begin(), tail_.end());
        return std::move(result_);
    }

  private:
    void step() {
        std::array<pollfd, 3> polled{
            {{out_.get(), POLLIN, 0}, {err_.get(), POLLIN, 0}, {writing() ? in_.get() : -1, POLLOUT, 0}}};
        ::poll(polled.data(), polled.size(), out_ || err_ || command_.pass_terminal ? 20 : 1);
        if (polled[0].revents != 0) read_some(out_, out_lines_, command_.capture_stdout);
        if (polled[1].revents != 0) read_some(err_, err_lines_, false);
        if (polled[2].revents != 0) write_some();
    }

    void read_some(sys::Fd& from, Lines& lines, bool capture) {
        std::array<char, 16384> buffer{};
        const ssize_t got = ::read(from.get(), buffer.data(), buffer.size());
        if (got < 0 && (errno == EINTR || errno == EAGAIN)) return;
        if (got <= 0) return from.reset();
        const std::string_view text(buffer.data(), static_cast<std::size_t>(got));
        if (capture && result_.out.size() < max_captured) result_.out.append(text);
        lines.feed(text);
    }

    bool writing() const { return !command_.stdin_text.empty(); }

    void write_some() {
        const std::string_view rest = std::string_view(command_.stdin_text).substr(written_);
        const ssize_t put = ::write(in_.get(), rest.data(), rest.size());
        if (put > 0) written_ += static_cast<std::size_t>(put);
        const bool broken = put < 0 && errno != EINTR && errno != EAGAIN;
        if (broken || written_ == command_.stdin_text.size()) in_.reset();
    }

    void reap() {
        if (exited_) return;
        int status = 0;
        rusage usage{};
        const pid_t got = ::wait4(pid_, &status, WNOHANG, &usage);
        if (got == 0 || (got < 0 && errno == EINTR)) return;
        exited_ = true;
        exited_at_ = Clock::now();
        result_.exit_code = got < 0 ? 127 : WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
        result_.peak_memory = static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;  // Linux counts in KiB
    }

    void end_group(Clock::time_point now) {
        if (!ending_at_) {
            ending_at_ = now;
            signal(SIGTERM);
        } else if (now - *ending_at_ >= command_.stop_grace) {
            signal(SIGKILL);
        }
    }

    // All of its group; where that is this process's own, the program alone, while it has not been waited for.
    void signal(int number) const {
        if (!command_.pass_terminal)
            ::kill(-pid_, number);
        else if (!exited_)
            ::kill(pid_, number);
    }

    const Command& command_;
    pid_t pid_;
    sys::Fd in_, out_, err_;
    std::deque<std::string> tail_;
    Lines out_lines_, err_lines_;
    ProcessResult result_;
    std::size_t written_ = 0;
    bool exited_ = false;
    Clock::time_point exited_at_;
    std::optional<Clock::time_point> ending_at_;
};

Result<std::unique_ptr<Running>> start(const Command& command, const fs::path& program) {
    auto out = Pipe::make(), err = Pipe::make(), report = Pipe::make(), in = Pipe::make();
    for (const auto* pipe : {&out, &err, &report, &in})
        if (!*pipe) return pipe->error();
    const bool own_input = command.pass_stdin || command.pass_terminal;
    if (command.stdin_text.empty() && !command.hold_stdin) {
        auto null = sys::open_fd("/dev/null", O_RDONLY);
        if (!null) return null.error();
        in->read = std::move(*null);
        in->write.reset();
    } else if (!command.hold_stdin) {
        ::fcntl(in->write.get(), F_SETFL, O_NONBLOCK);
    }
    std::vector<std::string> argv = command.argv, environment = environment_of(command);
    const Launch launch{.program = program,
                        .directory = command.directory,
                        .argv = pointers(argv),
                        .environment = pointers(environment),
                        .in = own_input ? STDIN_FILENO : in->read.get(),
                        .out = command.pass_terminal ? STDOUT_FILENO : out->write.get(),
                        .err = command.pass_terminal ? STDERR_FILENO : err->write.get(),
                        .report = report->write.get(),
                        .parent = ::getpid(),
                        .own_group = !command.pass_terminal,
                        .hangup_ignored = hangup_is_ignored()};
    const pid_t pid = ::fork();
    if (pid < 0) return os_error("start", command.argv[0], errno);
    if (pid == 0) child(launch);
    if (launch.own_group) ::setpgid(pid, pid);  // in both: neither side may race the other
    report->write.reset();
    int why = 0;
    ssize_t told = 0;
    do told = ::read(report->read.get(), &why, sizeof why);
    while (told < 0 && errno == EINTR);
    if (told == static_cast<ssize_t>(sizeof why)) {
        int status = 0;
        while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
        }
        return machine_error("cannot start " + command.argv[0] + ": " + std::strerror(why));
    }
    return std::make_unique<Running>(command, pid, std::move(in->write), std::move(out->read), std::move(err->read));
}

}  // namespace

std::string ProcessResult::tail_text() const { return join(tail, "\n"); }

fs::path this_program() {
    std::error_code failed;
    return fs::read_symlink("/proc/self/exe", failed);
}

std::optional<fs::path> find_program(const std::string& name) {
    if (name.find('/') != std::string::npos)
        return ::access(name.c_str(), X_OK) == 0 ? std::optional<fs::path>(name) : std::nullopt;
    const char* path = std::getenv("PATH");
    std::vector<std::string> folders = split(path == nullptr ? "/usr/local/bin:/usr/bin:/bin" : path, ':');
    folders.insert(folders.end(), {"/usr/sbin", "/sbin"});
    for (const std::string& folder : folders) {
        const fs::path candidate = fs::path(folder.empty() ? "." : folder) / name;
        std::error_code failed;
        if (fs::is_regular_file(candidate, failed) && ::access(candidate.c_str(), X_OK) == 0) return candidate;
    }
    return std::nullopt;
}

Result<ProcessResult> SystemProcessRunner::run(const Command& command, std::stop_token stop) {
    if (command.argv.empty()) return machine_error("a command without a program was asked for");
    const auto program = find_program(command.argv[0]);
    if (!program)
        return machine_error("the program '" + command.argv[0] + "' is not on this machine",
                             "install the package that brings it");
    if (stop.stop_requested())
        return Error{.kind = ErrorKind::interrupted, .message = "stopped before running " + command.argv[0]};
    const KeptTerminal terminal(command.pass_terminal);
    auto running = start(command, *program);
    if (!running) return running.error();
    return (*running)->finish(stop);
}

Result<ProcessResult> ProcessRunner::run_checked(const Command& command, std::stop_token stop,
                                                 const std::string& what) {
    auto result = run(command, std::move(stop));
    if (!result || (result->exit_code == 0 && !result->timed_out)) return result;
    Error error = build_error(what + (result->timed_out ? " took longer than its time limit"
                                                        : " failed (exit " + std::to_string(result->exit_code) + ")"));
    error.detail = result->tail_text();
    return error;
}

}  // namespace tmplbuild::io
