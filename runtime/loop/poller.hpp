// SPDX-License-Identifier: Apache-2.0
// One epoll loop: file descriptors, each with the function to call when it is ready. The launcher's parts (service
// output, log, control socket, probes) register here, and none of them ever blocks by itself. Closes no descriptor but
// its own.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <memory>

namespace tmplbuild::launch {

using Time = std::int64_t;  // milliseconds of a clock that never goes back
inline constexpr Time never = std::numeric_limits<Time>::max();
Time now_ms();

class Poller {
  public:
    using Handler = std::function<void()>;
    Poller();
    ~Poller();
    Poller(const Poller&) = delete;
    Poller& operator=(const Poller&) = delete;

    // Calls `handler` while `fd` is ready for `events` (epoll(7), level-triggered; 0: only for errors). False when
    // epoll cannot wait for the descriptor: a regular file. Handlers may watch and forget any descriptor, their own
    // too.
    bool watch(int fd, std::uint32_t events, Handler handler);
    void change(int fd, std::uint32_t events);
    void forget(int fd);  // to be called before it is closed
    // Runs what is ready, waiting at most until `due`.
    void wait(Time due);
    int fd() const { return fd_; }

  private:
    int fd_;
    std::map<int, std::shared_ptr<Handler>> handlers_;
};

}  // namespace tmplbuild::launch
