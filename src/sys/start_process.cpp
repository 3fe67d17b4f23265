// SPDX-License-Identifier: Apache-2.0
#include "sys/start_process.hpp"

#include <fcntl.h>
#include <grp.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>

#include "base/text.hpp"

namespace tmplbuild::sys {

namespace {

// execve() wants char*, and changes none of the texts.
std::vector<char*> pointers(const std::vector<std::string>& texts) {
    std::vector<char*> out;
    out.reserve(texts.size() + 1);
    for (const std::string& text : texts) out.push_back(const_cast<char*>(text.c_str()));
    out.push_back(nullptr);
    return out;
}

// The files that execve() tries, in order.
std::vector<std::string> candidates(const StartRequest& request) {
    const std::string& program = request.argv[0];
    if (program.find('/') != std::string::npos) return {program};
    std::vector<std::string> out;
    for (const std::string& folder : split(request.path, ':'))
        out.push_back((folder.empty() ? "." : folder) + "/" + program);
    return out;
}

// Everything that needs memory is made before fork(); after it, only a failure allocates.
class Child {
  public:
    Child(const StartRequest& request, int report)
        : request_(request),
          report_(report),
          parent_(::getpid()),
          programs_(candidates(request)),
          argv_(pointers(request.argv)),
          environment_(pointers(request.environment)) {}

    [[noreturn]] void run() const {
        if (request_.ends_with_parent) ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (request_.ends_with_parent && ::getppid() != parent_) ::_exit(127);
        stand();
        for (int fd = 0; fd < 3; ++fd) connect(fd, request_.stdio[static_cast<std::size_t>(fd)]);
        default_signals();
        for (const ProcessLimit& limit : request_.limits)
            if (::setrlimit(static_cast<__rlimit_resource>(limit.resource), &limit.value) != 0)
                fail(StartStep::set_limit, errno);
        if (request_.umask) ::umask(*request_.umask);
        if (request_.user) become(*request_.user);
        if (!request_.directory.empty() && ::chdir(request_.directory.c_str()) != 0)
            fail(StartStep::enter_directory, errno);
        execute();
    }

  private:
    void stand() const {
        if (request_.standing == Standing::own_session)
            ::setsid();
        else
            ::setpgid(0, 0);
        if (request_.standing != Standing::foreground || ::isatty(0) != 1) return;
        ::signal(SIGTTOU, SIG_IGN);
        ::tcsetpgrp(0, ::getpid());
    }

    void connect(int to, int from) const {
        if (from == to) {
            if (::fcntl(to, F_SETFD, 0) != 0) fail(StartStep::connect, errno);
        } else if (from >= 0 && ::dup2(from, to) < 0) {
            fail(StartStep::connect, errno);
        }
    }

    static void default_signals() {
        for (int number = 1; number < NSIG; ++number) ::signal(number, SIG_DFL);
        sigset_t none;
        sigemptyset(&none);
        ::sigprocmask(SIG_SETMASK, &none, nullptr);
    }

    void become(const ProcessUser& user) const {
        // Groups come first and the user last: after the change of user, neither could be changed any more.
        if (::getuid() == 0 && ::setgroups(user.groups.size(), user.groups.data()) != 0)
            fail(StartStep::set_groups, errno);
        if (::setresgid(user.gid, user.gid, user.gid) != 0) fail(StartStep::become_group, errno);
        if (::setresuid(user.uid, user.uid, user.uid) != 0) fail(StartStep::become_user, errno);
    }

    [[noreturn]] void execute() const {
        int why = ENOENT;
        const std::string* tried = nullptr;
        for (const std::string& program : programs_) {
            ::execve(program.c_str(), argv_.data(), environment_.data());
            if ((errno == ENOENT || errno == ENOTDIR) && ::access(program.c_str(), F_OK) != 0) continue;
            if (tried != nullptr) continue;
            why = errno;
            tried = &program;
        }
        fail(StartStep::execute, why, tried == nullptr ? request_.argv[0] : *tried);
    }

    [[noreturn]] void fail(StartStep step, int why, const std::string& program = {}) const {
        const StartFailure failure{step, why, program};
        const std::string text = request_.explain ? request_.explain(failure) : describe(failure);
        (void)write_all(report_, as_bytes(text), "the report");  // a failed write can be reported to nobody
        ::_exit(127);
    }

    const StartRequest& request_;
    int report_;
    pid_t parent_;
    std::vector<std::string> programs_;
    std::vector<char*> argv_, environment_;
};

}  // namespace

const char* to_string(StartStep step) {
    switch (step) {
        case StartStep::connect:
            return "connect its output";
        case StartStep::set_limit:
            return "set a resource limit";
        case StartStep::set_groups:
            return "set the groups";
        case StartStep::become_group:
            return "become the group";
        case StartStep::become_user:
            return "become the user";
        case StartStep::enter_directory:
            return "enter its directory";
        case StartStep::execute:
            return "start";
    }
    return "";
}

std::string describe(const StartFailure& failure) {
    const char* reason = ::strerrordesc_np(failure.os_code);
    return std::string("cannot ") + to_string(failure.step) + (failure.program.empty() ? "" : " " + failure.program) +
           ": " + (reason == nullptr ? "unknown error" : reason);
}

Result<Pipe> Pipe::make() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return os_error("make", "a pipe", errno);
    return Pipe{Fd(ends[0]), Fd(ends[1])};
}

Result<StartedProcess> start_process(const StartRequest& request) {
    if (request.argv.empty()) return build_error("its command is empty");
    auto report = Pipe::make();
    if (!report) return report.error();
    const Child child(request, report->write.get());
    const pid_t pid = ::fork();
    if (pid == 0) child.run();
    if (pid < 0) return os_error("start", request.argv[0], errno);
    // Both parent and child call it, so that neither depends on the other being first. A group's leader could not begin
    // a session any more.
    if (request.standing != Standing::own_session) ::setpgid(pid, pid);
    return StartedProcess{pid, std::move(report->read)};
}

std::string read_report(int report) {
    std::array<char, 1024> text{};
    const auto got = read_full(report, std::as_writable_bytes(std::span(text)), "the report");
    return got ? std::string(text.data(), *got) : std::string();
}

pid_t fork_child(const std::function<int()>& body) {
    const pid_t pid = ::fork();
    if (pid != 0) return pid;
    ::_exit(body());
}

}  // namespace tmplbuild::sys
