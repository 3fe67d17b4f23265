// SPDX-License-Identifier: Apache-2.0
#include "supervisor/spawn.hpp"

#include <fcntl.h>
#include <grp.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "base/text.hpp"
#include "podspec/names.hpp"
#include "supervisor/exec_failure.hpp"

namespace tmplbuild::launch {

namespace {

std::string path_of(const SpawnRequest& request) {
    std::string path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    for (const std::string& entry : request.environment)
        if (entry.starts_with("PATH=")) path = entry.substr(5);
    return path;
}

// Where execve() is to look: made before fork(), as everything is that needs memory.
std::vector<std::string> candidates(const SpawnRequest& request) {
    const std::string& program = request.argv[0];
    if (program.find('/') != std::string::npos) return {program};
    std::vector<std::string> out;
    for (const std::string& folder : split(path_of(request), ':'))
        out.push_back((folder.empty() ? "." : folder) + "/" + program);
    return out;
}

// As execve() takes them; it changes none of them.
std::vector<char*> pointers(const std::vector<std::string>& texts) {
    std::vector<char*> out;
    out.reserve(texts.size() + 1);
    for (const std::string& text : texts) out.push_back(const_cast<char*>(text.c_str()));
    out.push_back(nullptr);
    return out;
}

[[noreturn]] void give_up(int report, const char* doing, int why) {
    const char* reason = ::strerrordesc_np(why);
    for (const char* part : {doing, ": ", reason == nullptr ? "unknown error" : reason})
        if (::write(report, part, std::strlen(part)) < 0) break;
    ::_exit(127);
}

void set_limits(const SpawnRequest& request, int report) {
    for (const pod::ResourceLimit& limit : request.rlimits) {
        const auto resource = pod::resource_number(limit.resource);
        if (!resource) continue;
        const rlimit value{limit.soft.value_or(RLIM_INFINITY), limit.hard.value_or(RLIM_INFINITY)};
        if (::setrlimit(static_cast<__rlimit_resource>(*resource), &value) != 0)
            give_up(report, "cannot set a resource limit", errno);
    }
}

void become(const Account& account, int report) {
    // Groups first, the user last: afterwards nothing of it could be changed.
    if (::getuid() == 0 && ::setgroups(account.groups.size(), account.groups.data()) != 0)
        give_up(report, "cannot set the groups", errno);
    if (::setresgid(account.gid, account.gid, account.gid) != 0) give_up(report, "cannot become the group", errno);
    if (::setresuid(account.uid, account.uid, account.uid) != 0) give_up(report, "cannot become the user", errno);
}

void default_signals() {
    for (int number = 1; number < NSIG; ++number) ::signal(number, SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

[[noreturn]] void child(const SpawnRequest& request, const std::vector<std::string>& programs, char* const* argv,
                        char* const* environment, const std::array<int, 3>& stdio, int report) {
    // A session of its own has no terminal: what asks for a password there is refused instead of stopped for ever.
    if (request.foreground)
        ::setpgid(0, 0);
    else
        ::setsid();
    if (request.foreground && ::isatty(0) == 1) {
        ::signal(SIGTTOU, SIG_IGN);
        ::tcsetpgrp(0, ::getpid());
    }
    for (int fd = 0; fd < 3 && !request.foreground; ++fd)
        if (::dup2(stdio[static_cast<std::size_t>(fd)], fd) < 0) give_up(report, "cannot connect its output", errno);
    default_signals();
    set_limits(request, report);
    if (request.umask) ::umask(*request.umask);
    if (request.account) become(*request.account, report);
    if (!request.directory.empty() && ::chdir(request.directory.c_str()) != 0)
        give_up(report, "cannot enter its directory", errno);
    int why = ENOENT;
    std::string tried;
    for (const std::string& program : programs) {
        ::execve(program.c_str(), argv, environment);
        if ((errno == ENOENT || errno == ENOTDIR) && ::access(program.c_str(), F_OK) != 0) continue;
        if (tried.empty()) why = errno;
        if (tried.empty()) tried = program;
    }
    // Nothing else runs in this process, so that its words may take memory.
    const std::string text = describe_exec_failure(tried.empty() ? request.argv[0] : tried, why, path_of(request));
    if (::write(report, text.data(), text.size()) < 0) ::_exit(127);
    ::_exit(127);
}

}  // namespace

Result<Spawned> spawn(const SpawnRequest& request) {
    if (request.argv.empty()) return build_error("its command is empty");
    std::array<std::array<int, 2>, 3> pipes{{{-1, -1}, {-1, -1}, {-1, -1}}};
    auto close_all = [&] {
        for (const auto& pipe : pipes)
            for (const int fd : pipe)
                if (fd >= 0) ::close(fd);
    };
    for (auto& pipe : pipes) {
        if (::pipe2(pipe.data(), O_CLOEXEC) == 0) continue;
        const int why = errno;
        close_all();
        return os_error("make", "a pipe", why);
    }
    const int null = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    const auto programs = candidates(request);
    const auto argv_pointers = pointers(request.argv), environment_pointers = pointers(request.environment);
    const pid_t pid = ::fork();
    if (pid == 0)
        child(request, programs, argv_pointers.data(), environment_pointers.data(),
              {null < 0 ? pipes[0][1] : null, pipes[0][1], pipes[1][1]}, pipes[2][1]);
    const int why = errno;
    if (null >= 0) ::close(null);
    if (pid < 0) {
        close_all();
        return os_error("start", request.argv[0], why);
    }
    if (request.foreground) ::setpgid(pid, pid);  // a leader of a group could not begin a session any more
    for (const auto& pipe : pipes) {
        ::close(pipe[1]);
        ::fcntl(pipe[0], F_SETFL, O_NONBLOCK);
    }
    return Spawned{pid, pipes[2][0], pipes[0][0], pipes[1][0]};
}

}  // namespace tmplbuild::launch
