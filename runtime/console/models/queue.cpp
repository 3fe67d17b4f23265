// SPDX-License-Identifier: Apache-2.0
#include "console/models/queue.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>

#include "sys/start_process.hpp"

namespace tmplbuild::console {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

constexpr std::size_t longest_line = 4 << 20, most_waiting = 1 << 20;  // bytes to and from the worker
constexpr std::chrono::seconds lives_well{60};
constexpr std::chrono::milliseconds look_for_end{20};

json::object not_done(int status, const std::string& why) {
    return {{"refused", why}, {"hint", ""}, {"status", status}};
}

std::string how_it_ended(int status) {
    if (WIFSIGNALED(status)) return "it was ended by signal " + std::to_string(WTERMSIG(status));
    return "it ended with exit code " + std::to_string(WEXITSTATUS(status));
}

}  // namespace

struct DownloadQueue::Process : std::enable_shared_from_this<DownloadQueue::Process> {
    explicit Process(asio::io_context& context) : input(context), output(context), reaping(context) {}

    void read() {
        output.async_read_some(asio::buffer(part), [self = shared_from_this()](error_code error, std::size_t got) {
            self->text.append(self->part.data(), got);
            for (std::size_t end = 0; (end = self->text.find('\n')) != std::string::npos;) {
                const std::string line = self->text.substr(0, end);
                self->text.erase(0, end + 1);
                if (self->on_line) self->on_line(line);
            }
            if (error || self->text.size() > longest_line) return self->finish();
            self->read();
        });
    }

    // Its output has ended, or makes no sense.
    void finish() {
        ::kill(-pid, SIGKILL);
        error_code ignored;
        input.close(ignored);
        output.close(ignored);
        reap();
    }

    void reap() {
        int status = 0;
        const pid_t found = ::waitpid(pid, &status, WNOHANG);
        if (found != 0) {
            const auto told = std::exchange(on_end, nullptr);
            on_line = nullptr;
            if (told) told(found > 0 ? how_it_ended(status) : "it is gone");
            return;
        }
        reaping.expires_after(look_for_end);
        reaping.async_wait([self = shared_from_this()](error_code error) {
            if (!error) self->reap();
        });
    }

    bool send(std::string line) {
        if (waiting + line.size() > most_waiting) return false;
        waiting += line.size();
        lines.push_back(std::move(line));
        if (lines.size() == 1) write();
        return true;
    }

    void write() {
        asio::async_write(input, asio::buffer(lines.front()),
                          [self = shared_from_this()](error_code error, std::size_t) {
                              if (error) return;  // its end is seen at its output
                              self->waiting -= self->lines.front().size();
                              self->lines.pop_front();
                              if (!self->lines.empty()) self->write();
                          });
    }

    asio::posix::stream_descriptor input, output;
    asio::steady_timer reaping;
    pid_t pid = -1;
    std::array<char, 16384> part{};
    std::string text{};
    std::deque<std::string> lines{};
    std::size_t waiting = 0;
    std::function<void(const std::string&)> on_line{}, on_end{};
};

DownloadQueue::DownloadQueue(asio::io_context& context, DownloadSettings settings)
    : context_(context),
      settings_(std::move(settings)),
      again_(context),
      silence_(context),
      pause_(settings_.times.first_pause) {
    told_ = {{"active_limit", 3},
             {"volume", {{"free_bytes", nullptr}, {"total_bytes", nullptr}, {"source", ""}}},
             {"items", json::array()}};
    for (const char* name : {"huggingface", "civitai"}) keys_[name] = json::object{{"set", false}, {"source", ""}};
}

void DownloadQueue::start() {
    if (settings_.argv.empty()) return set("off", "this image has no program for downloads");
    run();
}

void DownloadQueue::run() {
    auto process = std::make_shared<Process>(context_);
    auto in = sys::Pipe::make(), out = sys::Pipe::make();
    if (!in || !out) return ended("no pipe could be made");
    sys::StartRequest request{.argv = settings_.argv, .environment = settings_.environment};
    request.directory = "/";
    request.stdio = {in->read.get(), out->write.get(), -1};
    request.ends_with_parent = true;
    auto started = sys::start_process(request);
    if (!started) return ended(started.error().message);
    started_ = std::chrono::steady_clock::now();
    process->pid = started->pid;
    process->input.assign(in->write.release());
    process->output.assign(out->read.release());
    process->on_line = [this](const std::string& line) { take(line); };
    process->on_end = [this](const std::string& why) { ended(why); };
    process_ = process;
    process->read();
    watch();
}

void DownloadQueue::take(std::string_view line) {
    watch();
    const auto value = json::parse(line, "the download worker");
    const json::object* object = value ? value->if_object() : nullptr;
    if (object == nullptr) return;
    if (const json::value* answer = object->if_contains("answer")) {
        const auto found = questions_.find(answer->is_int64() ? answer->get_int64() : 0);
        if (found == questions_.end()) return;
        const auto on_answer = std::move(found->second.on_answer);
        questions_.erase(found);
        return on_answer(*object);
    }
    if (const auto keys = json::get_object(*object, "keys")) keys_ = **keys;
    const auto state = json::get_object(*object, "state");
    if (!state) {  // it lives, and has nothing new to say
        if (state_ == "silent") set(json::string_or(told_, "state", "ok"), json::string_or(told_, "reason", ""));
        return;
    }
    told_ = **state;
    state_ = json::string_or(told_, "state", "off");
    reason_ = json::string_or(told_, "reason", "");
    if (on_change) on_change();
}

void DownloadQueue::ended(const std::string& why) {
    process_.reset();
    silence_.cancel();
    while (!questions_.empty()) give_up(questions_.begin()->first, 503, "the program for downloads has ended");
    if (std::chrono::steady_clock::now() - started_ > lives_well) pause_ = settings_.times.first_pause;
    set("off", "the program for downloads does not run (" + why + "); it is started again");
    again_.expires_after(pause_);
    pause_ = std::min(pause_ * 2, settings_.times.longest_pause);
    again_.async_wait([this](error_code error) {
        if (!error) run();
    });
}

void DownloadQueue::set(const std::string& state, const std::string& reason) {
    if (state_ == state && reason_ == reason) return;
    state_ = state;
    reason_ = reason;
    if (on_change) on_change();
}

void DownloadQueue::watch() {
    silence_.expires_after(settings_.times.silence);
    silence_.async_wait([this](error_code error) {
        if (!error) set("silent", "the volume does not answer; what is shown is what was so before");
    });
}

json::object DownloadQueue::view() const {
    json::object out{{"state", state_}, {"reason", reason_}};
    for (const auto& [key, value] : told_)
        if (key != "state" && key != "reason") out[key] = value;
    if (state_ == "ok") return out;
    json::array* const items = out["items"].if_array();
    if (items == nullptr) out["items"] = json::array{};
    for (json::value& item : out["items"].get_array())
        if (json::object* one = item.if_object()) (*one)["speed"] = 0;
    return out;
}

void DownloadQueue::ask(json::object command, OnAnswer on_answer) {
    const std::int64_t request = ++last_request_;
    command["request"] = request;
    auto deadline = std::make_unique<asio::steady_timer>(context_, settings_.times.answer);
    deadline->async_wait([this, request](error_code error) {
        if (!error) give_up(request, 504, "the volume did not answer in time; it may still do it");
    });
    questions_[request] = {std::move(on_answer), std::move(deadline)};
    if (process_ != nullptr && process_->send(json::compact(command) + "\n")) return;
    asio::post(context_, [this, request, away = process_ == nullptr] {
        give_up(request, 503, away ? reason_ : "too much waits for the volume already");
    });
}

void DownloadQueue::give_up(std::int64_t request, int status, const std::string& why) {
    const auto found = questions_.find(request);
    if (found == questions_.end()) return;
    const auto on_answer = std::move(found->second.on_answer);
    questions_.erase(found);
    on_answer(not_done(status, why));
}

DownloadSettings download_settings(const std::string& home, std::vector<std::string> environment) {
    const std::string folder = home + "/download", program = folder + "/tmplbuild-download";
    DownloadSettings out;
    if (::access(program.c_str(), X_OK) != 0) return out;
    out.argv = {
        folder + "/ld-linux-x86-64.so.2", "--inhibit-cache", "--library-path", folder, program, "--certificates",
        folder + "/ca-certificates.crt"};
    std::erase_if(environment, [](const std::string& one) { return one.starts_with("OPENSSL_"); });
    environment.emplace_back("OPENSSL_CONF=/dev/null");
    out.environment = std::move(environment);
    return out;
}

}  // namespace tmplbuild::console
