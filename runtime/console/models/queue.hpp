// SPDX-License-Identifier: Apache-2.0
// The console's end of the download worker (runtime/download): starts it, keeps the state that it told last, passes
// commands on, and starts it again with growing pauses when it ends. Answers at once from what it knows; a worker that
// says nothing for 5 s is said to be silent. Never touches the volume or the internet, never waits.
#pragma once

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/json.hpp"

namespace tmplbuild::console {

struct DownloadSettings {
    std::vector<std::string> argv{}, environment{};  // no argv: this image has no such program
    struct {
        std::chrono::milliseconds silence{5'000};                           // without a line
        std::chrono::milliseconds answer{5'000};                            // until a command is answered
        std::chrono::milliseconds first_pause{500}, longest_pause{30'000};  // before it is started again
    } times{};
};

class DownloadQueue {
  public:
    DownloadQueue(boost::asio::io_context& context, DownloadSettings settings);

    void start();
    std::function<void()> on_change{};  // of view() or keys()

    // What GET /api/downloads answers: "state" is "ok", "silent" or "off".
    json::object view() const;
    json::object keys() const { return keys_; }

    // The worker's answer: {"refused":…, "hint":…, "status":…} where it did not do it, or nobody could ask it.
    using OnAnswer = std::function<void(const json::object&)>;
    void ask(json::object command, OnAnswer on_answer);

  private:
    struct Process;
    void run();
    void take(std::string_view line);
    void ended(const std::string& why);
    void set(const std::string& state, const std::string& reason);
    void watch();
    void give_up(std::int64_t request, int status, const std::string& why);

    boost::asio::io_context& context_;
    DownloadSettings settings_;
    std::shared_ptr<Process> process_{};
    boost::asio::steady_timer again_, silence_;
    std::chrono::milliseconds pause_;
    std::chrono::steady_clock::time_point started_{};
    std::string state_ = "off", reason_ = "the downloads have not started yet";
    json::object told_{}, keys_{};
    struct Question {
        OnAnswer on_answer;
        std::unique_ptr<boost::asio::steady_timer> deadline;
    };
    std::map<std::int64_t, Question> questions_{};
    std::int64_t last_request_ = 0;
};

// The worker's command line and environment: by its bundle's own loader, without what would configure the image's
// libraries. `home` is /opt/tmplbuild. No argv where the bundle is not there.
DownloadSettings download_settings(const std::string& home, std::vector<std::string> environment);

}  // namespace tmplbuild::console
