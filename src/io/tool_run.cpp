// SPDX-License-Identifier: Apache-2.0
#include "io/tool_run.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <cerrno>
#include <csignal>
#include <deque>

#include "io/output_lines.hpp"
#include "io/tool_start.hpp"
#include "sys/start_process.hpp"

namespace tmplbuild::io {

namespace asio = boost::asio;
using boost::system::error_code;
using Clock = std::chrono::steady_clock;

namespace {

constexpr std::size_t max_captured = 64ULL << 20;
// Processes that the tool left may hold its pipes open for ever, so this is the longest wait for them after its own
// end.
constexpr std::chrono::seconds leftovers_time(1);

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

// One of the tool's two output streams.
struct Output {
    Output(asio::io_context& context, const Command& command, std::deque<std::string>& tail, bool captured)
        : stream(context), lines(command, tail), capture(captured) {}
    asio::posix::stream_descriptor stream;
    OutputLines lines;
    bool capture;
    std::array<char, 16384> buffer{};
};

class ToolRun {
  public:
    explicit ToolRun(const Command& command)
        : command_(command),
          out_(context_, command, tail_, command.capture_stdout),
          err_(context_, command, tail_, false),
          in_(context_),
          end_(context_),
          late_(context_),
          ending_(context_),
          leftovers_(context_) {}
    ToolRun(const ToolRun&) = delete;
    ToolRun& operator=(const ToolRun&) = delete;
    ~ToolRun() {
        if (pid_ > 0 && !exited_) end_at_once();
    }

    Result<ProcessResult> run(const std::filesystem::path& program, const std::stop_token& stop) {
        const auto begin = Clock::now();
        if (auto started = start(program); !started) return started.error();
        {
            // Called by the thread that requests the stop; it only wakes this one.
            const std::stop_callback on_stop(stop, [this] { asio::post(context_, [this] { stop_now(); }); });
            context_.run();
        }
        signal(SIGKILL);
        out_.lines.flush();
        err_.lines.flush();
        if (stopped_)
            return Error{.kind = ErrorKind::interrupted, .message = "stopped while running " + command_.argv[0]};
        result_.seconds = std::chrono::duration<double>(Clock::now() - begin).count();
        result_.tail.assign(tail_.begin(), tail_.end());
        return std::move(result_);
    }

  private:
    Result<void> start(const std::filesystem::path& program) {
        auto out = sys::Pipe::make(), err = sys::Pipe::make(), in = sys::Pipe::make();
        for (const auto* pipe : {&out, &err, &in})
            if (!*pipe) return pipe->error();
        if (command_.stdin_text.empty() && !command_.hold_stdin) {
            auto null = sys::open_fd("/dev/null", O_RDONLY);
            if (!null) return null.error();
            *in = {std::move(*null), {}};
        }
        const bool own_input = command_.pass_stdin || command_.pass_terminal;
        auto pid = start_tool({.program = program,
                               .argv = command_.argv,
                               .environment = environment_of(command_),
                               .directory = command_.directory,
                               .stdio = {own_input ? STDIN_FILENO : in->read.get(),
                                         command_.pass_terminal ? STDOUT_FILENO : out->write.get(),
                                         command_.pass_terminal ? STDERR_FILENO : err->write.get()},
                               .own_group = !command_.pass_terminal});
        if (!pid) return pid.error();
        pid_ = *pid;
        if (auto waited = watch_end(); !waited) return waited;
        follow(out_, std::move(out->read));
        follow(err_, std::move(err->read));
        held_ = std::move(in->write);
        if (!command_.stdin_text.empty()) write_input();
        if (command_.timeout) {
            late_.expires_after(*command_.timeout);
            late_.async_wait([this](error_code cancelled) {
                if (cancelled || stopped_ || exited_) return;
                result_.timed_out = true;
                end_group();
            });
        }
        return {};
    }

    // The tool's end wakes the loop; then wait4(2) is called, since Boost.Process's own wait does not give the rusage.
    Result<void> watch_end() {
        const auto fd = static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0));
        if (fd < 0) {
            Error error = os_error("watch", command_.argv[0], errno);
            end_at_once();
            return error;
        }
        end_.assign(fd);
        await_end();
        return {};
    }

    void await_end() {
        end_.async_wait(asio::posix::descriptor_base::wait_read, [this](error_code failed) {
            if (failed) return;
            reap(WNOHANG);
            if (!exited_) return await_end();
            end_.close();
            late_.cancel();
            if (!out_.stream.is_open() && !err_.stream.is_open()) return finish();
            leftovers_.expires_after(leftovers_time);
            leftovers_.async_wait([this](error_code cancelled) {
                if (!cancelled) finish();
            });
        });
    }

    void reap(int how) {
        int status = 0;
        rusage usage{};
        pid_t got = 0;
        do got = ::wait4(pid_, &status, how, &usage);
        while (got < 0 && errno == EINTR);
        if (got == 0) return;
        exited_ = true;
        result_.exit_code = got < 0 ? 127 : WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
        result_.peak_memory = static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;  // Linux counts in KiB
    }

    void finish() { context_.stop(); }

    void end_at_once() {
        signal(SIGKILL);
        reap(0);
    }

    void follow(Output& output, sys::Fd from) {
        if (command_.pass_terminal) return;
        output.stream.assign(from.release());
        read_some(output);
    }

    void read_some(Output& output) {
        output.stream.async_read_some(asio::buffer(output.buffer), [this, &output](error_code failed, std::size_t got) {
            if (failed) {
                output.stream.close();
                if (exited_ && !out_.stream.is_open() && !err_.stream.is_open()) finish();
                return;
            }
            const std::string_view text(output.buffer.data(), got);
            if (output.capture && result_.out.size() < max_captured) result_.out.append(text);
            output.lines.feed(text);
            read_some(output);
        });
    }

    void write_input() {
        in_.assign(held_.release());
        // Whatever happens, this then closes the tool's input.
        asio::async_write(in_, asio::buffer(command_.stdin_text), [this](error_code, std::size_t) { in_.close(); });
    }

    void stop_now() {
        if (stopped_) return;
        stopped_ = true;
        end_group();
    }

    void end_group() {
        if (asked_) return;
        asked_ = true;
        signal(SIGTERM);
        ending_.expires_after(command_.stop_grace);
        ending_.async_wait([this](error_code cancelled) {
            if (!cancelled) signal(SIGKILL);
        });
    }

    // Signals its whole group, or, where that group is this process's own, the program alone until it was waited for.
    void signal(int number) const {
        if (!command_.pass_terminal)
            ::kill(-pid_, number);
        else if (!exited_)
            ::kill(pid_, number);
    }

    const Command& command_;
    asio::io_context context_{1};
    std::deque<std::string> tail_;
    Output out_, err_;
    asio::posix::stream_descriptor in_, end_;
    asio::steady_timer late_, ending_, leftovers_;
    sys::Fd held_;  // the tool's input, when nothing is written to it
    pid_t pid_ = 0;
    ProcessResult result_;
    bool exited_ = false, stopped_ = false, asked_ = false;
};

}  // namespace

Result<ProcessResult> run_tool(const Command& command, const std::filesystem::path& program,
                               const std::stop_token& stop) {
    try {
        return ToolRun(command).run(program, stop);
    } catch (const boost::system::system_error& error) {
        return os_error("follow", command.argv[0], error.code().value());  // no descriptors are left
    }
}

}  // namespace tmplbuild::io
