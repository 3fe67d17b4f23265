// SPDX-License-Identifier: Apache-2.0
#include "console/web/handed_children.hpp"

#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <csignal>
#include <cstring>
#include <list>

#include "base/text.hpp"
#include "console/web/farewell.hpp"
#include "sys/start_process.hpp"

namespace tmplbuild::console {

namespace asio = boost::asio;
using boost::system::error_code;

struct HandedChildren::State {
    State(asio::io_context& io, HandedSettings given) : context(io), settings(std::move(given)) {}
    asio::io_context& context;
    HandedSettings settings;
    std::list<std::shared_ptr<Child>> children{};
};

struct HandedChildren::Child : std::enable_shared_from_this<Child> {
    Child(State& owner, std::string sort)
        : kind(std::move(sort)), state(&owner), line(owner.context), process(owner.context), deadline(owner.context) {}

    // What there is to hear of it: its words, its end, and its deadline.
    void watch() {
        listen();
        wait_until(state->settings.deadline);
        wait_for_end();
    }

    // The handle may be said to be ready while the process is still there.
    void wait_for_end() {
        process.async_wait(asio::posix::stream_descriptor::wait_read, [self = shared_from_this()](error_code error) {
            if (error) return;
            if (::waitpid(self->pid, nullptr, WNOHANG) == 0) return self->wait_for_end();
            self->has_ended();
        });
    }

    void listen() {
        line.async_wait(asio::posix::stream_descriptor::wait_read, [self = shared_from_this()](error_code error) {
            if (error || self->is_over || !self->hear()) return;
            self->wait_until(self->in_long_step ? self->state->settings.long_deadline : self->state->settings.deadline);
            self->listen();
        });
    }

    // Takes all words that were said. False: nothing more can come.
    bool hear() {
        std::array<char, 256> words{};
        for (;;) {
            const ssize_t got = ::recv(line.native_handle(), words.data(), words.size(), MSG_DONTWAIT);
            if (got < 0 && errno == EINTR) continue;
            if (got <= 0) return got < 0 && errno == EAGAIN;
            for (ssize_t i = 0; i < got; ++i) {
                const char word = words[static_cast<std::size_t>(i)];
                in_long_step = word == line_word::long_step;
                has_begun = has_begun || word == line_word::begins;
            }
        }
    }

    void wait_until(std::chrono::milliseconds pause) {
        deadline.expires_after(pause);
        deadline.async_wait([self = shared_from_this()](error_code error) {
            if (!error && !self->is_over) self->is_late();
        });
    }

    void is_late() {
        // From here on the worker cannot say any more that it begins its answer: so either it has begun, or it never
        // does, and the client gets one answer.
        const bool had_begun = has_begun;
        ::shutdown(line.native_handle(), SHUT_RD);
        hear();
        if (has_begun && !had_begun) {
            wait_until(state->settings.long_deadline);  // it cannot say any more that it goes on
            return;
        }
        ::kill(-pid, SIGKILL);
        if (!has_begun)
            say_farewell(state->context, std::move(connection),
                         error_answer(504, "the volume did not answer within " + pause_in_words(),
                                      "it may be busy or away for a moment: try again soon"),
                         to_head);
        else
            ::shutdown(connection.get(), SHUT_RDWR);  // a worker that cannot be killed yet still has it
        end();
    }

    std::string pause_in_words() const {
        const auto pause = in_long_step ? state->settings.long_deadline : state->settings.deadline;
        return human_seconds(std::chrono::duration<double>(pause).count());
    }

    // The process is gone.
    void has_ended() {
        if (!is_over) {
            hear();
            if (!has_begun) {
                const std::string why = sys::read_report(report.get());
                say_farewell(state->context, std::move(connection),
                             error_answer(500, "the program that does this work ended before it answered" +
                                                   (why.empty() ? "" : ": " + why)),
                             to_head);
            }
            end();
        }
        state->children.remove(shared_from_this());
    }

    // Nothing is heard or answered any more; its place stays taken while the process is there.
    void end() {
        is_over = true;
        connection.reset();
        deadline.cancel();
        error_code ignored;
        line.close(ignored);
    }

    std::string kind;
    State* state;
    asio::posix::stream_descriptor line, process;
    asio::steady_timer deadline;
    sys::Fd connection{}, report{};  // a second descriptor of the client's connection, for an answer in its place
    pid_t pid = -1;
    bool to_head = false, has_begun = false, in_long_step = false, is_over = false;
};

namespace {

constexpr rlim_t most_memory = 1 << 30;  // bytes of one worker

Result<sys::Fd> facts_file(const std::string& text) {
    sys::Fd file(::memfd_create("request", MFD_CLOEXEC));
    if (!file) return os_error("make", "a file in memory", errno);
    if (auto written = sys::write_all(file.get(), sys::as_bytes(text), "the request's facts"); !written)
        return written.error();
    if (::lseek(file.get(), 0, SEEK_SET) != 0) return os_error("rewind", "the request's facts", errno);
    return file;
}

// Gives two descriptors to whoever is at the other end.
Result<void> send_descriptors(int line, int connection, int facts) {
    const std::array<int, 2> given{connection, facts};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof given)> control{};
    char word = line_word::at_work;
    iovec part{&word, 1};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    cmsghdr* const header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof given);
    std::memcpy(CMSG_DATA(header), given.data(), sizeof given);
    if (::sendmsg(line, &message, MSG_NOSIGNAL | MSG_DONTWAIT) != 1)
        return os_error("hand over", "a connection", errno);
    return {};
}

struct Started {
    sys::StartedProcess process;
    sys::Fd line, handle;
};

Result<Started> start_worker(const HandedSettings& settings, const HandedTo& to, int connection, int facts) {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
        return os_error("make", "a line to a worker", errno);
    sys::Fd ours(ends[0]), theirs(ends[1]);
    if (auto given = send_descriptors(ours.get(), connection, facts); !given) return given.error();
    sys::StartRequest request{.argv = settings.command, .environment = settings.environment};
    request.argv.emplace_back(to.worker);
    request.directory = "/";
    request.stdio = {theirs.get(), -1, -1};
    request.ends_with_parent = true;
    // A hostile workflow could take what ComfyUI needs; files are mapped, which this does not count.
    request.limits = {{RLIMIT_DATA, {most_memory, most_memory}}};
    auto started = sys::start_process(request);
    if (!started) return started.error();
    sys::Fd handle(static_cast<int>(::syscall(SYS_pidfd_open, started->pid, 0)));
    if (!handle) {
        const Error why = os_error("watch", "a worker", errno);
        ::kill(-started->pid, SIGKILL);
        ::waitpid(started->pid, nullptr, 0);
        return why;
    }
    return Started{std::move(*started), std::move(ours), std::move(handle)};
}

}  // namespace

HandedChildren::HandedChildren(asio::io_context& context, HandedSettings settings)
    : state_(std::make_shared<State>(context, std::move(settings))) {}

HandedChildren::~HandedChildren() {
    for (const auto& child : state_->children) {
        ::kill(-child->pid, SIGKILL);
        child->end();
        error_code ignored;
        child->process.close(ignored);
    }
}

std::size_t HandedChildren::running() const { return state_->children.size(); }

bool HandedChildren::has_room(const HandedTo& to) const {
    std::size_t of_kind = 0;
    for (const auto& child : state_->children) of_kind += child->kind == to.kind ? 1 : 0;
    return state_->children.size() < state_->settings.most && of_kind < state_->settings.most_of_kind;
}

void HandedChildren::start(const HandedTo& to, HandedConnection connection, HandedFacts facts) {
    const auto refuse = [&](unsigned status, const std::string& message) {
        Answer answer = error_answer(status, message);
        answer.with("Retry-After", "2");
        say_farewell(state_->context, std::move(connection.socket), answer, facts.method == "HEAD");
    };
    if (!has_room(to)) return refuse(503, "too much of this is being done at once");
    facts.received = std::move(connection.received);
    const auto file = facts_file(facts.to_text());
    if (!file) return refuse(500, file.error().message);
    auto started = start_worker(state_->settings, to, connection.socket.get(), file->get());
    if (!started) return refuse(503, started.error().message);
    const auto child = std::make_shared<Child>(*state_, to.kind);
    child->pid = started->process.pid;
    child->to_head = facts.method == "HEAD";
    child->report = std::move(started->process.report);
    child->connection = std::move(connection.socket);
    child->line.assign(started->line.release());
    child->process.assign(started->handle.release());
    state_->children.push_back(child);
    child->watch();
}

}  // namespace tmplbuild::console
