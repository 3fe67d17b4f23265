// SPDX-License-Identifier: Apache-2.0
#include "loop/poller.hpp"

#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "sys/clock.hpp"

namespace tmplbuild::launch {

Time now_ms() { return sys::monotonic_ms(); }

Poller::Poller() : fd_(::epoll_create1(EPOLL_CLOEXEC)) {}

Poller::~Poller() {
    if (fd_ >= 0) ::close(fd_);
}

bool Poller::watch(int fd, std::uint32_t events, Handler handler) {
    epoll_event event{};
    event.events = events;
    event.data.fd = fd;
    if (::epoll_ctl(fd_, EPOLL_CTL_ADD, fd, &event) != 0 && ::epoll_ctl(fd_, EPOLL_CTL_MOD, fd, &event) != 0)
        return false;
    handlers_[fd] = std::make_shared<Handler>(std::move(handler));
    return true;
}

void Poller::change(int fd, std::uint32_t events) {
    epoll_event event{};
    event.events = events;
    event.data.fd = fd;
    ::epoll_ctl(fd_, EPOLL_CTL_MOD, fd, &event);
}

void Poller::forget(int fd) {
    if (handlers_.erase(fd) > 0) ::epoll_ctl(fd_, EPOLL_CTL_DEL, fd, nullptr);
}

void Poller::wait(Time due) {
    const Time pause = due == never ? -1 : std::clamp<Time>(due - now_ms(), 0, 3'600'000);
    std::array<epoll_event, 64> ready{};
    const int count = ::epoll_wait(fd_, ready.data(), static_cast<int>(ready.size()), static_cast<int>(pause));
    for (int i = 0; i < count; ++i) {
        const auto found = handlers_.find(ready[static_cast<std::size_t>(i)].data.fd);
        if (found == handlers_.end()) continue;  // an earlier handler of this round called forget() for it
        const std::shared_ptr<Handler> handler = found->second;
        (*handler)();
    }
}

}  // namespace tmplbuild::launch
