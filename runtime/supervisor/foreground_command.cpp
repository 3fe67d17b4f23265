// SPDX-License-Identifier: Apache-2.0
#include "supervisor/foreground_command.hpp"

#include <unistd.h>

#include <array>
#include <utility>

#include "supervisor/environment.hpp"
#include "supervisor/spawn.hpp"

namespace tmplbuild::launch {

ForegroundCommand::~ForegroundCommand() {
    if (report_ >= 0) ::close(report_);
}

void ForegroundCommand::start(const std::vector<std::string>& command, const std::vector<std::string>& environment) {
    SpawnRequest request;
    request.argv = command;
    request.environment = environment;
    set_constraints(pod_.spec, request.environment);
    request.foreground = true;
    auto spawned = spawn(request);
    if (!spawned) {
        pod_.say("launcher", "the command: " + spawned.error().message);
        return pod_.happen({.kind = Event::Kind::foreground_exited, .status = 127 << 8});
    }
    report_ = spawned->report;
    for (const int fd : {spawned->out, spawned->err})
        if (fd >= 0) ::close(fd);
    pod_.happen({.kind = Event::Kind::foreground_started, .pid = spawned->pid});
}

void ForegroundCommand::on_exit(int status) {
    std::array<char, 1024> text{};
    const ssize_t got = ::read(report_, text.data(), text.size());
    if (got > 0) pod_.say("launcher", "the command: " + std::string(text.data(), static_cast<std::size_t>(got)));
    ::close(std::exchange(report_, -1));
    pod_.happen({.kind = Event::Kind::foreground_exited, .status = status});
}

}  // namespace tmplbuild::launch
