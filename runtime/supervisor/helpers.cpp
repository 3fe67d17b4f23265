// SPDX-License-Identifier: Apache-2.0
#include "supervisor/helpers.hpp"

#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "base/text.hpp"
#include "gpu/answer.hpp"

namespace tmplbuild::launch {

static constexpr std::size_t answer_limit = gpu::answer_limit;  // the longest answer that any of them gives

std::string last_line(const std::string& text) {
    std::string out;
    for (const std::string& line : split(text, '\n'))
        if (!trim(line).empty()) out = trim(line);
    return out;
}

Helpers::~Helpers() {
    for (auto& [pid, helper] : running_)
        for (int* fd : {&helper.out, &helper.err, &helper.report}) close(*fd);
}

void Helpers::close(int& fd) {
    if (fd < 0) return;
    poller_.forget(fd);
    ::close(std::exchange(fd, -1));
}

pid_t Helpers::start(Work work, SpawnRequest request) {
    if (request.environment.empty()) request.environment = environment_;
    auto spawned = spawn(request);
    if (!spawned) {
        work.on_end({.not_started = spawned.error().message});
        return -1;
    }
    const pid_t pid = spawned->pid;
    running_.emplace(
        pid, Running{.work = std::move(work), .out = spawned->out, .err = spawned->err, .report = spawned->report});
    poller_.watch(spawned->out, EPOLLIN, [this, pid] { read_answer(pid); });
    poller_.watch(spawned->err, EPOLLIN, [this, pid] { read_errors(pid); });
    return pid;
}

void Helpers::read_answer(pid_t pid) {
    const auto found = running_.find(pid);
    if (found == running_.end()) return;
    Running& helper = found->second;
    std::array<char, 16384> text{};
    const ssize_t got = ::read(helper.out, text.data(), text.size());
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got <= 0) return close(helper.out);
    if (helper.text.size() < answer_limit) helper.text.append(text.data(), static_cast<std::size_t>(got));
    if (helper.work.on_line) take_lines(helper);
}

void Helpers::take_lines(Running& helper) {
    std::vector<std::string> lines;
    for (std::size_t end = 0; (end = helper.text.find('\n')) != std::string::npos; helper.text.erase(0, end + 1))
        lines.push_back(helper.text.substr(0, end));
    for (const std::string& line : lines) helper.work.on_line(line);
}

void Helpers::read_errors(pid_t pid) {
    const auto found = running_.find(pid);
    if (found == running_.end()) return;
    Running& helper = found->second;
    const auto take = [&](std::string& block) { log_.output(helper.work.name, block); };
    std::array<char, 16384> text{};
    const ssize_t got = ::read(helper.err, text.data(), text.size());
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got > 0) return helper.errors.feed({text.data(), static_cast<std::size_t>(got)}, log_.mask(), now_(), take);
    close(helper.err);
    helper.errors.flush(take);
}

bool Helpers::on_exit(pid_t pid, int status) {
    constexpr int most_reads = 64;
    const auto found = running_.find(pid);
    if (found == running_.end()) return false;
    for (int part = 0; part < most_reads && found->second.out >= 0; ++part) read_answer(pid);
    for (int part = 0; part < most_reads && found->second.err >= 0; ++part) read_errors(pid);
    Running helper = std::move(found->second);
    running_.erase(found);
    std::array<char, 1024> why{};
    const ssize_t got = ::read(helper.report, why.data(), why.size());
    for (int* fd : {&helper.out, &helper.err, &helper.report}) close(*fd);
    End end{.pid = pid, .status = status, .text = std::move(helper.text)};
    if (got > 0) end.not_started.assign(why.data(), static_cast<std::size_t>(got));
    helper.work.on_end(end);
    return true;
}

Time Helpers::next_due() const {
    Time due = never;
    for (const auto& entry : running_) due = std::min(due, entry.second.errors.due());
    return due;
}

void Helpers::tick(Time now) {
    for (auto& entry : running_)
        if (Running& helper = entry.second; now >= helper.errors.due())
            helper.errors.tick(log_.mask(), now, [&](std::string& block) { log_.output(helper.work.name, block); });
}

}  // namespace tmplbuild::launch
