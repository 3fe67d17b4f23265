// SPDX-License-Identifier: Apache-2.0
#include "podlog/pod_log.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <new>

#include "podlog/helper.hpp"
#include "podlog/stdout.hpp"

namespace tmplbuild::launch {

static constexpr std::size_t waiting_bytes = 1 << 20;
static constexpr const char* own = "launcher";

PodLog::PodLog(Poller& poller)
    : poller_(poller),
      stdout_(poller, waiting_bytes,
              [](std::uint64_t lines) {
                  return "launcher: " + std::to_string(lines) + " lines were dropped here: nobody read them in time\n";
              }),
      disk_(poller, waiting_bytes, [](std::uint64_t lines) {
          return frame("", "launcher: " + std::to_string(lines) + " lines are in no log file: the disk was too slow\n");
      }) {
    rings_[own];
}

PodLog::~PodLog() {
    if (reports_ >= 0) ::close(reports_);
    if (busy_since_ != nullptr) ::munmap(busy_since_, sizeof(std::atomic<Time>));
}

void PodLog::open_stdout() {
    const NonblockingStdout out = launch::open_stdout();
    relay_ = out.relay;
    if (out.fd >= 0) stdout_.open(out.fd, out.socket);
}

void PodLog::start_writer(const WriterOptions& options) {
    options_ = options;
    void* page = ::mmap(nullptr, sizeof(std::atomic<Time>), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (page != MAP_FAILED) busy_since_ = new (page) std::atomic<Time>(0);
    options_.busy_since = busy_since_;
    fork_writer();
}

void PodLog::fork_writer() {
    restart_at_ = never;
    std::array<int, 2> frames{-1, -1};
    std::array<int, 2> reports{-1, -1};
    if (::pipe2(frames.data(), O_CLOEXEC) == 0 && ::pipe2(reports.data(), O_CLOEXEC) == 0) {
        // Room for many lines at once while the disk is slow for a moment; where Linux refuses, the usual 64 KiB
        // suffice.
        ::fcntl(frames[1], F_SETPIPE_SZ, 256 << 10);
        for (const int fd : {frames[1], reports[0], reports[1]}) ::fcntl(fd, F_SETFL, O_NONBLOCK);
        writer_ = fork_helper("log-writer", {frames[0], reports[1]}, false, [this] { return run_writer(options_); });
    }
    for (const int fd : {frames[0], reports[1]})
        if (fd >= 0) ::close(fd);
    if (writer_ <= 0) {
        writer_ = 0;
        for (const int fd : {frames[1], reports[0]})
            if (fd >= 0) ::close(fd);
        restart_at_ = now_ms() + restart_pause_;
        return;
    }
    if (reports_ >= 0) {
        poller_.forget(reports_);
        ::close(reports_);
    }
    reports_ = reports[0];
    poller_.watch(reports_, EPOLLIN, [this] { read_reports(); });
    disk_.open(frames[1]);
}

void PodLog::show(const std::string& name, std::string_view block) {
    const std::uint64_t lines = count_lines(block);
    std::string out;
    out.reserve(block.size() + lines * (name.size() + 2));
    for (std::string_view rest = block; !rest.empty();) {
        const std::size_t end = std::min(rest.find('\n'), rest.size() - 1) + 1;
        out.append(name).append(": ").append(rest.substr(0, end));
        rest.remove_prefix(end);
    }
    stdout_.put(out, lines);
}

void PodLog::keep(const std::string& name, std::string_view block) {
    rings_[name].add(block);
    if (!finished_) {
        disk_.put(frame(name, block), count_lines(block));
        watch_disk();
    }
    if (on_lines) on_lines(name, block);
}

void PodLog::output(const std::string& service, std::string& block) {
    mask_.apply(block);
    show(service, block);
    keep(service, block);
}

void PodLog::say(const std::string& name, const std::string& text) {
    std::string line = text + "\n";
    std::replace(line.begin(), line.end() - 1, '\n', ' ');
    mask_.apply(line);
    show(name, line);
    if (name != own) keep(name, "[launcher] " + line);
    keep(own, name + ": " + line);
    if (!finished_) disk_.put(frame("", name + ": " + line), 1);
}

void PodLog::announce(const std::string& name, const std::string& secret) { show(name, secret + "\n"); }

void PodLog::tell(const std::string& text) {
    show(own, text + "\n");
    rings_[own].add("launcher: " + text + "\n");
    if (on_change) on_change();
}

// Reports once when the pipe to the log writer and the buffer before it are full, and once when they no longer are.
void PodLog::watch_disk() {
    if (disk_.dropping() == stuck_) return;
    stuck_ = !stuck_;
    if (stuck_) return tell("log files: the disk does not take them in time; what does not fit in memory is dropped");
    tell("log files: written again; " + std::to_string(disk_.dropped() - told_) + " lines were dropped");
    told_ = disk_.dropped();
}

void PodLog::read_reports() {
    std::array<char, 4096> text{};
    const ssize_t got = ::read(reports_, text.data(), text.size());
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got <= 0) {
        poller_.forget(reports_);
        ::close(reports_);
        reports_ = -1;
        return;
    }
    report_text_.append(text.data(), static_cast<std::size_t>(got));
    for (std::size_t end = 0; (end = report_text_.find('\n')) != std::string::npos; report_text_.erase(0, end + 1))
        on_report(report_text_.substr(0, end));
}

void PodLog::on_report(const std::string& line) {
    const std::size_t space = std::min(line.find(' '), line.size());
    const std::string word = line.substr(0, space);
    const std::string rest = line.substr(std::min(space + 1, line.size()));
    if (word == "at") {
        restart_pause_ = 1'000;
        const bool news = folder_ != rest;
        folder_ = rest;
        if (state_ != "failing") state_ = "writing";
        if (news) tell("log files are kept in " + rest);
    } else if (word == "fails") {
        state_ = "failing";
        reason_ = rest;
        tell("log files: " + rest + "; lines are kept in memory only");
    } else if (word == "works") {
        state_ = "writing";
        reason_.clear();
        tell("log files: written again; " + std::to_string(refused_) + " lines were dropped so far");
    } else if (word == "removed") {
        say(own, "log files: " + rest);
    } else if (word == "dropped") {
        std::uint64_t lines = 0;
        std::from_chars(rest.data(), rest.data() + rest.size(), lines);
        if (refused_ == 0) tell("log files: " + rest + " lines dropped");
        refused_ += lines;
        if (on_change) on_change();
    }
}

std::string PodLog::last(const std::string& service, std::size_t lines) const {
    const auto ring = rings_.find(service);
    return ring == rings_.end() ? std::string() : ring->second.last(lines);
}

std::string PodLog::older_in(const std::string& service, std::size_t lines) const {
    const auto ring = rings_.find(service);
    if (ring == rings_.end() || !ring->second.forgot() || folder_.empty()) return {};
    return count_lines(ring->second.last(lines)) < lines ? folder_ + "/" + file_name(service) : std::string();
}

bool PodLog::disk_is_silent() const {
    const Time since = busy_since_ == nullptr ? 0 : busy_since_->load();
    return since != 0 && now_ms() - since > 1'000;
}

LogStatus PodLog::status() const {
    const bool silent = disk_is_silent();
    return {silent ? "stuck" : state_, folder_, silent ? "the disk does not answer" : reason_,
            refused_ + disk_.dropped(), stdout_.dropped()};
}

bool PodLog::on_exit(pid_t pid) {
    if (!owns(pid)) return false;
    if (pid == relay_) {
        relay_ = 0;
        return true;
    }
    writer_ = 0;
    if (busy_since_ != nullptr) busy_since_->store(0);
    if (finished_) return true;
    disk_.close();
    restart_at_ = now_ms() + restart_pause_;
    restart_pause_ = std::min<Time>(restart_pause_ * 2, 60'000);
    return true;
}

void PodLog::tick(Time now) {
    if (now >= restart_at_ && !finished_) fork_writer();
}

void PodLog::finish_disk(Time by) {
    if (writer_ == 0 && restart_at_ != never) fork_writer();
    finished_ = true;
    restart_at_ = never;
    disk_.close_when_empty();
    while (writer_ > 0 && now_ms() < by && !disk_is_silent()) {
        std::array<pollfd, 2> ready{{{disk_.fd(), POLLOUT, 0}, {reports_, POLLIN, 0}}};
        ::poll(ready.data(), ready.size(), reports_ < 0 ? 1 : 50);
        disk_.flush();
        if (reports_ >= 0) read_reports();
        int status = 0;
        if (::waitpid(writer_, &status, WNOHANG) == writer_) writer_ = 0;
    }
    if (writer_ > 0) tell("log files: the disk did not take the last lines in time");
}

void PodLog::finish(Time by, Time disk_by) {
    finish_disk(disk_by);
    stdout_.finish_until(std::max(by, now_ms() + 100));
    stdout_.close();
    for (int status = 0; relay_ > 0 && now_ms() < by; ::usleep(1'000))
        if (::waitpid(relay_, &status, WNOHANG) != 0) relay_ = 0;
}

}  // namespace tmplbuild::launch
