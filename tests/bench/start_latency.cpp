// SPDX-License-Identifier: Apache-2.0
// How long an init takes from its own exec to the exec of what it starts, as PID 1 of a new PID namespace, contenders
// in turn. Used by launcher.sh. Started with BENCH_FIFO set it is itself the service: it tells the time and waits.
//   bench-start FIFO ROUNDS < contenders, one a line: NAME TAB SERVICES TAB PROGRAM TAB ARGUMENT TAB …
#include <fcntl.h>
#include <sched.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

namespace {

struct Contender {
    std::string name;
    std::size_t services = 1;
    std::vector<std::string> arguments;
    std::vector<double> first, last;  // milliseconds
};

long long now_ns() {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1'000'000'000LL + now.tv_nsec;
}

[[noreturn]] void tell_time(const char* fifo) {
    const long long now = now_ns();
    const int fd = ::open(fifo, O_WRONLY | O_CLOEXEC);
    if (fd < 0 || ::write(fd, &now, sizeof now) != sizeof now) ::_exit(1);
    for (;;) ::pause();
}

[[noreturn]] void become(const Contender& contender, const char* fifo) {
    std::vector<char*> arguments;
    for (const std::string& argument : contender.arguments) arguments.push_back(const_cast<char*>(argument.c_str()));
    arguments.push_back(nullptr);
    ::setenv("BENCH_FIFO", fifo, 1);
    const int null = ::open("/dev/null", O_RDWR);
    for (int fd = 0; fd < 3; ++fd) ::dup2(null, fd);
    ::execvp(arguments[0], arguments.data());
    ::_exit(127);
}

bool run_once(Contender& contender, const char* fifo, int times) {
    if (::unshare(CLONE_NEWPID) != 0) return false;  // of the children of this process
    const long long begin = now_ns();
    const pid_t pid = ::fork();
    if (pid == 0) become(contender, fifo);
    std::vector<double> seen;
    for (long long at = 0; seen.size() < contender.services;) {
        const ssize_t got = ::read(times, &at, sizeof at);
        if (got == sizeof at) seen.push_back(static_cast<double>(at - begin) / 1e6);
        if (got != sizeof at && errno != EINTR) break;
    }
    ::kill(pid, SIGKILL);
    int status = 0;
    ::waitpid(pid, &status, 0);
    if (seen.size() < contender.services) return false;
    contender.first.push_back(*std::min_element(seen.begin(), seen.end()));
    contender.last.push_back(*std::max_element(seen.begin(), seen.end()));
    return true;
}

double at(std::vector<double> values, double part) {
    std::sort(values.begin(), values.end());
    return values[std::min(values.size() - 1, static_cast<std::size_t>(part * static_cast<double>(values.size())))];
}

}  // namespace

int main(int argc, char** argv) {
    if (const char* fifo = std::getenv("BENCH_FIFO")) tell_time(fifo);
    if (argc != 3) return 2;
    std::vector<Contender> contenders;
    for (std::string line; std::getline(std::cin, line);) {
        std::istringstream parts(line);
        Contender one;
        std::string count;
        std::getline(parts, one.name, '\t');
        std::getline(parts, count, '\t');
        one.services = std::stoul(count);
        for (std::string argument; std::getline(parts, argument, '\t');) one.arguments.push_back(argument);
        contenders.push_back(std::move(one));
    }
    ::mkfifo(argv[1], 0600);
    const int times = ::open(argv[1], O_RDWR | O_CLOEXEC);
    for (int round = 0; round < std::stoi(argv[2]); ++round) {
        for (Contender& contender : contenders) {
            // Each in a process of its own, since a process can ask for one PID namespace of its children only once.
            std::fflush(stdout);
            int answer[2];
            if (::pipe(answer) != 0) return 1;
            const pid_t pid = ::fork();
            if (pid == 0) {
                ::alarm(60);
                if (!run_once(contender, argv[1], times)) ::_exit(1);
                const double both[2] = {contender.first.back(), contender.last.back()};
                ::_exit(::write(answer[1], both, sizeof both) == sizeof both ? 0 : 1);
            }
            ::close(answer[1]);
            double both[2] = {0, 0};
            const bool good = ::read(answer[0], both, sizeof both) == sizeof both;
            ::close(answer[0]);
            int status = 0;
            ::waitpid(pid, &status, 0);
            if (!good) {
                std::fprintf(stderr, "bench-start: '%s' did not start its services\n", contender.name.c_str());
                return 1;
            }
            contender.first.push_back(both[0]);
            contender.last.push_back(both[1]);
        }
    }
    for (const Contender& one : contenders)
        std::printf("%-14s %zu service(s): first exec %.2f ms (p90 %.2f), last %.2f ms\n", one.name.c_str(),
                    one.services, at(one.first, 0.5), at(one.first, 0.9), at(one.last, 0.5));
    return 0;
}
