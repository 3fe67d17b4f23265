// SPDX-License-Identifier: Apache-2.0
#include "cli/progress.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <mutex>
#include <thread>

#include "base/json.hpp"
#include "base/text.hpp"

namespace tmplbuild::cli {

namespace {

const char* word(StepOutcome outcome) {
    switch (outcome) {
        case StepOutcome::hit:
            return "cached";
        case StepOutcome::built:
            return "built";
        case StepOutcome::failed:
            return "failed";
        case StepOutcome::stopped:
            return "stopped";
    }
    return "";
}

std::string ending(const std::string& step, StepOutcome outcome, double seconds, const std::string& note) {
    const std::string time = outcome == StepOutcome::hit ? "" : " in " + human_seconds(seconds);
    return step + ": " + word(outcome) + time + (note.empty() ? "" : " (" + note + ")");
}

void put(const std::string& text) { (void)std::fwrite(text.data(), 1, text.size(), stderr); }

class PlainProgress : public Progress {
  public:
    void started(const std::string& step, const std::string& what) override { say(step + ": " + what); }
    void doing(const std::string& step, const std::string& what) override { say(step + ": " + what); }
    void bytes(const std::string&, std::uint64_t, std::uint64_t) override {}
    void line(const std::string& step, std::string_view text) override { say(step + " | " + std::string(text)); }
    void finished(const std::string& step, StepOutcome outcome, double seconds, const std::string& note) override {
        say(ending(step, outcome, seconds, note));
    }
    void message(const std::string& text) override { say(text); }

  private:
    void say(const std::string& text) {
        const std::lock_guard lock(mutex_);
        put(text + "\n");
    }
    std::mutex mutex_;
};

class JsonProgress : public Progress {
  public:
    void started(const std::string& step, const std::string& what) override {
        say({{"event", "started"}, {"step", step}, {"what", what}});
    }
    void doing(const std::string& step, const std::string& what) override {
        say({{"event", "doing"}, {"step", step}, {"what", what}});
    }
    void bytes(const std::string& step, std::uint64_t done, std::uint64_t total) override {
        say({{"event", "bytes"}, {"step", step}, {"done", done}, {"total", total}});
    }
    void line(const std::string& step, std::string_view text) override {
        say({{"event", "line"}, {"step", step}, {"text", text}});
    }
    void finished(const std::string& step, StepOutcome outcome, double seconds, const std::string& note) override {
        say({{"event", "finished"}, {"step", step}, {"outcome", word(outcome)}, {"seconds", seconds}, {"note", note}});
    }
    void message(const std::string& text) override { say({{"event", "message"}, {"text", text}}); }

  private:
    void say(const json::object& object) {
        const std::lock_guard lock(mutex_);
        put(boost::json::serialize(object) + "\n");
    }
    std::mutex mutex_;
};

// One live line per running step, redrawn five times a second; what ended scrolls away above.
class TerminalProgress : public Progress {
  public:
    explicit TerminalProgress(bool colour)
        : colour_(colour), painter_([this](const std::stop_token& stop) { paint(stop); }) {}
    ~TerminalProgress() override {
        painter_.request_stop();
        wake_.notify_all();
        painter_.join();
        const std::lock_guard lock(mutex_);
        erase();
    }

    void started(const std::string& step, const std::string& what) override {
        const std::lock_guard lock(mutex_);
        running_[step] = {what, {}, {}, Clock::now()};
        redraw();
    }
    void doing(const std::string& step, const std::string& what) override {
        const std::lock_guard lock(mutex_);
        running_[step].what = what;
    }
    void bytes(const std::string& step, std::uint64_t done, std::uint64_t total) override {
        const std::lock_guard lock(mutex_);
        running_[step].bytes = human_bytes(done) + (total == 0 ? "" : " of " + human_bytes(total));
    }
    void line(const std::string& step, std::string_view text) override {
        const std::lock_guard lock(mutex_);
        running_[step].last = text;
    }
    void finished(const std::string& step, StepOutcome outcome, double seconds, const std::string& note) override {
        const char* colour = outcome == StepOutcome::failed ? "31" : outcome == StepOutcome::hit ? "2" : "32";
        const std::lock_guard lock(mutex_);
        running_.erase(step);
        above(colour_ ? "\033[" + std::string(colour) + "m" + ending(step, outcome, seconds, note) + "\033[0m"
                      : ending(step, outcome, seconds, note));
    }
    void message(const std::string& text) override {
        const std::lock_guard lock(mutex_);
        above(text);
    }

  private:
    using Clock = std::chrono::steady_clock;
    struct Running {
        std::string what, bytes, last;
        Clock::time_point since = Clock::now();
    };

    void paint(const std::stop_token& stop) {
        std::unique_lock lock(mutex_);
        while (!stop.stop_requested()) {
            wake_.wait_for(lock, std::chrono::milliseconds(200));
            if (!running_.empty() && !stop.stop_requested()) redraw();
        }
    }
    void above(const std::string& text) {
        erase();
        put(text + "\n");
        redraw();
    }
    void erase() {
        for (; drawn_ != 0; --drawn_) put("\033[1A\033[2K");
    }
    void redraw() {
        winsize size{};
        const std::size_t width =
            ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 20 ? size.ws_col - 1U : 79;
        std::string text;
        for (const auto& [step, running] : running_) {
            const double seconds = std::chrono::duration<double>(Clock::now() - running.since).count();
            std::string one = human_seconds(seconds) + "  " + step + ": " + running.what;
            if (!running.bytes.empty()) one += "  " + running.bytes;
            if (!running.last.empty()) one += "  | " + running.last;
            // Control bytes of a tool would move the cursor; a cut must not split a UTF-8 character.
            for (char& c : one)
                if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
            std::size_t cut = std::min(one.size(), width);
            while (cut > 0 && cut < one.size() && (static_cast<unsigned char>(one[cut]) & 0xc0) == 0x80) --cut;
            text += one.substr(0, cut) + "\n";
        }
        erase();
        put(text);
        drawn_ = running_.size();
    }

    bool colour_;
    std::mutex mutex_;
    std::condition_variable_any wake_;
    std::map<std::string, Running> running_;
    std::size_t drawn_ = 0;
    std::jthread painter_;  // last: it uses everything above
};

bool is_terminal() {
    const char* term = std::getenv("TERM");
    return ::isatty(STDERR_FILENO) == 1 && term != nullptr && std::string_view(term) != "dumb";
}

}  // namespace

std::unique_ptr<Progress> make_progress(ProgressKind kind) {
    if (kind == ProgressKind::automatic) kind = is_terminal() ? ProgressKind::tty : ProgressKind::plain;
    const char* no_color = std::getenv("NO_COLOR");
    if (kind == ProgressKind::tty) return std::make_unique<TerminalProgress>(no_color == nullptr || *no_color == '\0');
    if (kind == ProgressKind::json) return std::make_unique<JsonProgress>();
    return std::make_unique<PlainProgress>();
}

static json::object error_json(const Error& error) {
    json::object out{{"event", "error"}, {"kind", to_string(error.kind)}, {"message", error.message}};
    if (error.where)
        out["where"] =
            json::object{{"file", error.where->file}, {"line", error.where->line}, {"column", error.where->column}};
    if (!error.doing.empty()) out["doing"] = json::array(error.doing.begin(), error.doing.end());
    if (!error.hint.empty()) out["hint"] = error.hint;
    if (!error.detail.empty()) out["detail"] = error.detail;
    return out;
}

void print_errors(const std::vector<Error>& errors, ProgressKind kind) {
    for (const Error& error : errors)
        put(kind == ProgressKind::json ? boost::json::serialize(error_json(error)) + "\n" : error.to_string() + "\n");
}

}  // namespace tmplbuild::cli
