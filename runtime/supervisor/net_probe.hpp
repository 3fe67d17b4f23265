// SPDX-License-Identifier: Apache-2.0
// One attempt of an http or tcp readiness probe on the loopback, without ever blocking: the engine polls its
// descriptor and asks it to go on. Reads a bounded part of the answer. Never resolves a name.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace tmplbuild::launch {

class NetProbe {
  public:
    // `path` empty: a connection is enough.
    NetProbe(std::uint16_t port, std::string path);
    ~NetProbe();
    NetProbe(NetProbe&& other) noexcept;
    NetProbe& operator=(NetProbe&&) = delete;

    int fd() const { return fd_; }
    std::uint32_t events() const;   // what epoll is to wait for
    std::optional<bool> advance();  // the answer, once there is one

  private:
    std::optional<bool> send();
    std::optional<bool> receive();
    int fd_ = -1;
    std::string request_, answer_;
    bool connected_ = false, failed_ = false;
};

}  // namespace tmplbuild::launch
