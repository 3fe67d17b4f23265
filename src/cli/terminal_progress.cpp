// SPDX-License-Identifier: Apache-2.0
#include "cli/terminal_progress.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "base/printable.hpp"
#include "base/text.hpp"
#include "cli/progress.hpp"

namespace tmplbuild::cli {

using Clock = std::chrono::steady_clock;

// Writes each frame at once, so that nobody sees a half-drawn one.
static void put_whole(const std::string& text) { (void)!::write(STDERR_FILENO, text.data(), text.size()); }

static TerminalSize terminal_size() {
    winsize size{};
    if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0) return {};
    return {size.ws_col, size.ws_row};
}

TerminalProgress::TerminalProgress(bool colour)
    : colour_(colour), painter_([this](const std::stop_token& stop) { paint(stop); }) {}

TerminalProgress::~TerminalProgress() {
    painter_.request_stop();
    wake_.notify_all();
    painter_.join();
    end();
}

void TerminalProgress::end() {
    const std::lock_guard lock(mutex_);
    running_.clear();
    ended_ = true;
    put_whole(region_.clear(terminal_size()));
}

TerminalProgress::Running* TerminalProgress::find(const std::string& step) {
    const auto found = std::find_if(running_.begin(), running_.end(), [&](const auto& r) { return r.step == step; });
    return found == running_.end() ? nullptr : &*found;
}

void TerminalProgress::started(const std::string& step, const std::string& what) {
    const std::lock_guard lock(mutex_);
    if (ended_) return;
    // For people, a step's preparation and its build are one step, so its time goes on.
    if (Running* running = find(step))
        *running = {step, printable(what), {}, {}, running->since};
    else
        running_.push_back({step, printable(what), {}, {}, Clock::now()});
    redraw();
}

// Reports about a step that no longer runs (a tool's last lines) are dropped, since their line would never be removed.
void TerminalProgress::doing(const std::string& step, const std::string& what) {
    const std::lock_guard lock(mutex_);
    Running* running = find(step);
    if (running == nullptr) return;
    running->what = printable(what);
    running->bytes.clear();
    running->last.clear();
}

void TerminalProgress::bytes(const std::string& step, std::uint64_t done, std::uint64_t total) {
    const std::lock_guard lock(mutex_);
    if (Running* running = find(step))
        running->bytes = human_bytes(done) + (total == 0 ? "" : " of " + human_bytes(total));
}

void TerminalProgress::line(const std::string& step, std::string_view text) {
    const std::lock_guard lock(mutex_);
    if (Running* running = find(step)) running->last = printable(text);
}

void TerminalProgress::finished(const std::string& step, StepOutcome outcome, double seconds, const std::string& note) {
    const char* colour = outcome == StepOutcome::failed ? "31" : outcome == StepOutcome::hit ? "2" : "32";
    const std::string text = printable(ending(step, outcome, seconds, note));
    const std::lock_guard lock(mutex_);
    std::erase_if(running_, [&](const Running& running) { return running.step == step; });
    redraw(colour_ ? "\033[" + std::string(colour) + "m" + text + "\033[0m" : text);
}

void TerminalProgress::ended(const std::string& step) {
    const std::lock_guard lock(mutex_);
    std::erase_if(running_, [&](const Running& running) { return running.step == step; });
    redraw();
}

void TerminalProgress::message(const std::string& text) {
    const std::lock_guard lock(mutex_);
    redraw(printable(text));
}

void TerminalProgress::paint(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    while (!stop.stop_requested()) {
        wake_.wait_for(lock, std::chrono::milliseconds(200));
        if (!running_.empty() && !stop.stop_requested()) redraw();
    }
}

void TerminalProgress::redraw(const std::string& above) {
    std::vector<std::string> lines;
    for (const Running& running : running_) {
        const double seconds = std::chrono::duration<double>(Clock::now() - running.since).count();
        std::string time = human_seconds(seconds);
        time.insert(0, time.size() < 6 ? 6 - time.size() : 0, ' ');
        std::string line = time + "  " + visible(running.step) + ": " + running.what;
        if (!running.bytes.empty()) line += "  " + running.bytes;
        if (!running.last.empty()) line += "  | " + running.last;
        lines.push_back(std::move(line));
    }
    put_whole(region_.draw(lines, terminal_size(), above));
}

}  // namespace tmplbuild::cli
