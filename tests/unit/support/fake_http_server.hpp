// SPDX-License-Identifier: Apache-2.0
// tests/fakes/http_server.py, or another server there, as a value: started on loopback, stopped when the value ends.
// For tests that download.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "io/process.hpp"

namespace tmplbuild {

class FakeHttpServer {
  public:
    explicit FakeHttpServer(std::vector<std::string> arguments = {}, const std::string& script = "http_server.py") {
        arguments.insert(arguments.begin(), {"python3", "-u", TEST_DATA "/fakes/" + script});
        thread_ = std::jthread([this, arguments](const std::stop_token& stop) {
            io::SystemProcessRunner runner;
            io::Command command{.argv = arguments};
            command.on_line = [this](std::string_view line) {
                const std::scoped_lock lock(mutex_);
                if (port_.empty())
                    port_ = line;
                else
                    lines_.emplace_back(line);
                started_.notify_all();
            };
            (void)runner.run(command, stop);
            const std::scoped_lock lock(mutex_);
            if (port_.empty()) port_ = "the server did not start";
            started_.notify_all();
        });
        std::unique_lock lock(mutex_);
        started_.wait(lock, [this] { return !port_.empty(); });
    }

    std::string at(const std::string& path, const std::string& scheme = "http", const std::string& host = "127.0.0.1") {
        return scheme + "://" + host + ":" + port() + path;
    }
    std::string port() {
        const std::scoped_lock lock(mutex_);
        return port_;
    }
    // Request lines so far. An answer may be here before the server's line of it: waits until there are `at_least`.
    std::vector<std::string> requests(std::size_t at_least) {
        std::unique_lock lock(mutex_);
        started_.wait_for(lock, std::chrono::seconds(20), [&] { return lines_.size() >= at_least; });
        return lines_;
    }

  private:
    std::mutex mutex_;
    std::condition_variable started_;
    std::string port_;
    std::vector<std::string> lines_;
    std::jthread thread_;  // last: ends first
};

}  // namespace tmplbuild
