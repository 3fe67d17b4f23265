// SPDX-License-Identifier: Apache-2.0
#include "cli/progress.hpp"

#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <mutex>

#include "base/json.hpp"
#include "base/printable.hpp"
#include "base/text.hpp"
#include "cli/terminal_progress.hpp"

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

void put(const std::string& text) { (void)std::fwrite(text.data(), 1, text.size(), stderr); }

// Prints only the text of a tool's output, since logs and JSON readers cannot take the rest.
class PlainProgress : public Progress {
  public:
    void started(const std::string& step, const std::string& what) override { say(step + ": " + what); }
    void doing(const std::string& step, const std::string& what) override { say(step + ": " + what); }
    void bytes(const std::string&, std::uint64_t, std::uint64_t) override {}
    void line(const std::string& step, std::string_view text) override { say(step + " | " + printable(text)); }
    void finished(const std::string& step, StepOutcome outcome, double seconds, const std::string& note) override {
        say(ending(step, outcome, seconds, note));
    }
    void message(const std::string& text) override { say(printable(text)); }

  private:
    void say(const std::string& text) {
        const std::lock_guard lock(mutex_);
        put(visible(text) + "\n");
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
    // A long copy reports every chunk; five lines a second and the last one are enough.
    void bytes(const std::string& step, std::uint64_t done, std::uint64_t total) override {
        const auto now = std::chrono::steady_clock::now();
        {
            const std::lock_guard lock(mutex_);
            auto [last, first] = told_.try_emplace(step, now);
            if (!first && done != total && now - last->second < std::chrono::milliseconds(200)) return;
            last->second = now;
        }
        say({{"event", "bytes"}, {"step", step}, {"done", done}, {"total", total}});
    }
    void line(const std::string& step, std::string_view text) override {
        say({{"event", "line"}, {"step", step}, {"text", printable(text)}});
    }
    void finished(const std::string& step, StepOutcome outcome, double seconds, const std::string& note) override {
        say({{"event", "finished"}, {"step", step}, {"outcome", word(outcome)}, {"seconds", seconds}, {"note", note}});
    }
    void ended(const std::string& step) override { say({{"event", "ended"}, {"step", step}}); }
    void message(const std::string& text) override { say({{"event", "message"}, {"text", printable(text)}}); }

  private:
    void say(const json::object& object) {
        const std::lock_guard lock(mutex_);
        put(visible_json(json::compact(object)) + "\n");
    }
    std::mutex mutex_;
    std::map<std::string, std::chrono::steady_clock::time_point> told_;
};

bool is_terminal() {
    const char* term = std::getenv("TERM");
    return ::isatty(STDERR_FILENO) == 1 && term != nullptr && std::string_view(term) != "dumb";
}

bool has_colour() {
    const char* no_color = std::getenv("NO_COLOR");
    return no_color == nullptr || *no_color == '\0';
}

// A detail has several lines, and JSON takes only UTF-8.
std::string plain_text(const std::string& detail) {
    std::vector<std::string> lines;
    for (const std::string& line : split(detail, '\n')) lines.push_back(printable(line));
    return join(lines, "\n");
}

// On a terminal, only the last lines of a tool's output fit beside the error itself.
constexpr std::size_t tail_lines = 30;

std::string shortened(const std::string& detail) {
    std::vector<std::string> lines = split(detail, '\n');
    if (lines.size() <= tail_lines) return detail;
    const std::size_t left_out = lines.size() - tail_lines;
    lines.erase(lines.begin(), lines.end() - tail_lines);
    return "… " + std::to_string(left_out) + " lines before; --progress plain shows all\n" + join(lines, "\n");
}

// Each part of an error but the detail becomes one line, so that text from outside cannot imitate other lines.
Error shown(Error error) {
    error.message = visible(error.message);
    error.hint = visible(error.hint);
    if (error.where) error.where->file = visible(error.where->file);
    for (std::string& frame : error.doing) frame = visible(frame);
    error.detail = plain_text(error.detail);
    return error;
}

std::string for_terminal(Error error) {
    error.detail = shortened(error.detail);
    std::string text = shown(std::move(error)).to_string();
    static constexpr std::string_view word = "error:";
    if (const std::size_t at = text.find(word); has_colour() && at != std::string::npos)
        text.replace(at, word.size(), "\033[1;31m" + std::string(word) + "\033[0m");
    return text;
}

}  // namespace

std::string ending(const std::string& step, StepOutcome outcome, double seconds, const std::string& note) {
    const std::string time = outcome == StepOutcome::hit ? "" : " in " + human_seconds(seconds);
    return step + ": " + word(outcome) + time + (note.empty() ? "" : " (" + note + ")");
}

std::unique_ptr<Progress> make_progress(ProgressKind kind) {
    if (kind == ProgressKind::automatic) kind = is_terminal() ? ProgressKind::tty : ProgressKind::plain;
    if (kind == ProgressKind::tty) return std::make_unique<TerminalProgress>(has_colour());
    if (kind == ProgressKind::json) return std::make_unique<JsonProgress>();
    return std::make_unique<PlainProgress>();
}

static json::object error_json(const Error& error) {
    json::object out{{"event", "error"}, {"kind", to_string(error.kind)}, {"message", plain_text(error.message)}};
    if (error.where)
        out["where"] =
            json::object{{"file", error.where->file}, {"line", error.where->line}, {"column", error.where->column}};
    if (!error.doing.empty()) out["doing"] = json::array(error.doing.begin(), error.doing.end());
    if (!error.hint.empty()) out["hint"] = plain_text(error.hint);
    if (!error.detail.empty()) out["detail"] = plain_text(error.detail);
    return out;
}

void print_errors(const std::vector<Error>& errors, ProgressKind kind) {
    if (kind == ProgressKind::automatic) kind = is_terminal() ? ProgressKind::tty : ProgressKind::plain;
    for (const Error& error : errors) {
        if (kind == ProgressKind::json)
            put(visible_json(json::compact(error_json(error))) + "\n");
        else
            put((kind == ProgressKind::tty ? for_terminal(error) : shown(error).to_string()) + "\n");
    }
}

void end_live_lines(Progress& progress) {
    if (auto* terminal = dynamic_cast<TerminalProgress*>(&progress)) terminal->end();
}

std::function<void(const std::string& text)> warnings_of(Progress& progress) {
    return [&progress](const std::string& text) { progress.message("warning: " + text); };
}

}  // namespace tmplbuild::cli
