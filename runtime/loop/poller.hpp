// SPDX-License-Identifier: Apache-2.0
// One epoll loop: descriptors with what is to happen when they are ready. The launcher's parts (service output, log,
// control socket, probes) register here and none of them ever waits by itself. Owns no descriptor but its own.
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

    // Calls `handler` while `fd` is ready for `events` (epoll(7), level-triggered; 0: only when it breaks). False when
    // the descriptor cannot be waited for: a regular file. Handlers may watch and forget anything, themselves too.
    bool watch(int fd, std::uint32_t events, Handler handler);
    void change(int fd, std::uint32_t events);
    void forget(int fd);  // before it is closed
    // Runs what is ready, waiting at most until `due`.
    void wait(Time due);
    int fd() const { return fd_; }

  private:
    int fd_;
    std::map<int, std::shared_ptr<Handler>> handlers_;
};

}  // namespace tmplbuild::launch
