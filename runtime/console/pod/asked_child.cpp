// SPDX-License-Identifier: Apache-2.0
#include "console/pod/asked_child.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <csignal>

#include "sys/fd.hpp"

namespace tmplbuild::console {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr std::chrono::milliseconds reap_soon{5}, reap_late{500};

struct AskedChild::Running : std::enable_shared_from_this<AskedChild::Running> {
    Running(asio::io_context& context, std::function<void(const ChildEnd&)> done)
        : output(context), deadline(context), reaping(context), on_end(std::move(done)) {}

    void read() {
        output.async_read_some(asio::buffer(part), [self = shared_from_this()](error_code error, std::size_t got) {
            if (self->end.late) return;
            const std::size_t room = self->limit - self->end.text.size();
            self->end.text.append(self->part.data(), std::min(got, room));
            if (!error) return self->read();
            self->reap();
        });
    }

    // Its output has ended, so it is about to end too, unless it is late.
    void reap() {
        int status = 0;
        const pid_t found = ::waitpid(pid, &status, WNOHANG);
        if (found != 0) {
            gone = true;
            deadline.cancel();
            if (found > 0) end.status = status;
            return tell();
        }
        reaping.expires_after(end.late ? reap_late : reap_soon);
        reaping.async_wait([self = shared_from_this()](error_code error) {
            if (!error) self->reap();
        });
    }

    void wait_for_deadline(std::chrono::milliseconds pause) {
        deadline.expires_after(pause);
        deadline.async_wait([self = shared_from_this()](error_code error) {
            if (error || self->gone) return;
            self->end.late = true;
            ::kill(-self->pid, SIGKILL);
            error_code ignored;
            self->output.close(ignored);
            self->tell();
            self->reaping.cancel();
            self->reap();
        });
    }

    void tell() {
        if (!on_end) return;
        const auto told = std::move(on_end);
        on_end = nullptr;
        told(end);
    }

    asio::posix::stream_descriptor output;
    asio::steady_timer deadline, reaping;
    std::function<void(const ChildEnd&)> on_end;
    std::array<char, 8192> part{};
    std::size_t limit = 0;
    pid_t pid = -1;
    bool gone = false;
    ChildEnd end{};
};

bool AskedChild::is_busy() const { return running_ != nullptr && !running_->gone; }

void AskedChild::ask(const ChildQuestion& question, std::function<void(const ChildEnd&)> on_end) {
    auto running = std::make_shared<Running>(context_, std::move(on_end));
    const auto refuse = [&](const std::string& why) {
        running->gone = true;
        running->end.not_started = why;
        asio::post(context_, [running] { running->tell(); });
    };
    running_ = running;
    running->limit = question.limit;
    auto out = sys::Pipe::make(), in = sys::Pipe::make();
    if (!out || !in) return refuse("no pipe could be made");
    const std::span<const std::byte> input = sys::as_bytes(question.input);
    if (::fcntl(in->write.get(), F_SETFL, O_NONBLOCK) != 0 ||
        ::write(in->write.get(), input.data(), input.size()) != static_cast<ssize_t>(input.size()))
        return refuse("its input is longer than a pipe takes");
    in->write.reset();
    sys::StartRequest request{.argv = question.argv, .environment = question.environment};
    request.directory = "/";
    request.stdio = {in->read.get(), out->write.get(), -1};
    request.ends_with_parent = true;
    auto started = sys::start_process(request);
    if (!started) return refuse(started.error().message);
    running->pid = started->pid;
    out->write.reset();
    running->output.assign(out->read.release());
    running->read();
    running->wait_for_deadline(question.deadline);
}

}  // namespace tmplbuild::console
