// SPDX-License-Identifier: Apache-2.0
#include "supervisor/spawn.hpp"

#include <fcntl.h>

#include "podspec/names.hpp"
#include "supervisor/exec_failure.hpp"
#include "sys/start_process.hpp"

namespace tmplbuild::launch {

static std::vector<sys::ProcessLimit> limits_of(const SpawnRequest& request) {
    std::vector<sys::ProcessLimit> out;
    for (const pod::ResourceLimit& limit : request.rlimits)
        if (const auto resource = pod::resource_number(limit.resource))
            out.push_back({*resource, {limit.soft.value_or(RLIM_INFINITY), limit.hard.value_or(RLIM_INFINITY)}});
    return out;
}

static sys::StartRequest process_of(const SpawnRequest& request) {
    sys::StartRequest out;
    out.argv = request.argv;
    out.environment = request.environment;
    for (const std::string& entry : request.environment)
        if (entry.starts_with("PATH=")) out.path = entry.substr(5);
    out.directory = request.directory;
    out.standing = request.foreground ? sys::Standing::foreground : sys::Standing::own_session;
    out.limits = limits_of(request);
    out.umask = request.umask;
    if (request.account) out.user = {request.account->uid, request.account->gid, request.account->groups};
    out.explain = [path = out.path](const sys::StartFailure& failure) {
        return failure.step == sys::StartStep::execute ? describe_exec_failure(failure.program, failure.os_code, path)
                                                       : sys::describe(failure);
    };
    return out;
}

Result<Spawned> spawn(const SpawnRequest& request) {
    auto out = sys::Pipe::make(), err = sys::Pipe::make();
    for (const auto* pipe : {&out, &err})
        if (!*pipe) return pipe->error();
    sys::StartRequest process = process_of(request);
    const auto null = sys::open_fd("/dev/null", O_RDONLY);
    if (!request.foreground)  // without /dev/null, reading fails
        process.stdio = {null ? null->get() : out->write.get(), out->write.get(), err->write.get()};
    auto started = sys::start_process(process);
    if (!started) return started.error();
    for (const int fd : {out->read.get(), err->read.get(), started->report.get()}) ::fcntl(fd, F_SETFL, O_NONBLOCK);
    return Spawned{started->pid, started->report.release(), out->read.release(), err->read.release()};
}

}  // namespace tmplbuild::launch
