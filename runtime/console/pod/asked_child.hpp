// SPDX-License-Identifier: Apache-2.0
// A program that is started for one answer, beside the web server: its output up to a limit, and its end, or the word
// that it is late. Used for the volume's worker, the GPU probe and the workers that read and write on the volume. Never
// waits, and never starts anything beside the program that it is given.
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "sys/start_process.hpp"

namespace tmplbuild::console {

struct ChildEnd {
    bool late = false;          // it was killed at its deadline, and may not be gone yet
    int status = 127 << 8;      // as wait(2) gives it
    std::string text{};         // what it printed, at most the limit
    std::string not_started{};  // why there is no such process

    bool ok() const { return !late && status == 0; }
};

struct ChildQuestion {
    std::vector<std::string> argv{}, environment{};
    std::string input{};  // its standard input, at most 64 KiB: what a pipe takes without a reader
    std::chrono::milliseconds deadline{2'000};
    std::size_t limit = 64 << 10;  // bytes of its output
};

class AskedChild {
  public:
    AskedChild(boost::asio::io_context& context) : context_(context) {}

    // `on_end` is called once, later. While is_busy() nothing may be asked.
    void ask(const ChildQuestion& question, std::function<void(const ChildEnd&)> on_end);
    // Also true while a late child is not gone: one that touches a frozen disk cannot be killed before it thaws.
    bool is_busy() const;

  private:
    struct Running;
    boost::asio::io_context& context_;
    std::shared_ptr<Running> running_;
};

}  // namespace tmplbuild::console
