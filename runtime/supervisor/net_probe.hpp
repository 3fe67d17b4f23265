// SPDX-License-Identifier: Apache-2.0
// One attempt of an http or tcp probe on the loopback that never blocks: the engine polls its descriptor and calls
// advance(). Reads a bounded part of the answer. Never resolves a name.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tmplbuild::launch {

class NetProbe {
  public:
    // What counts as success: a connection (`path` empty), a good status, or a good status with the whole answer read.
    enum class Want { connection, status, body };
    NetProbe(std::uint16_t port, const std::string& path, Want want);
    ~NetProbe();
    NetProbe(NetProbe&& other) noexcept;
    NetProbe& operator=(NetProbe&&) = delete;

    int fd() const { return fd_; }
    std::uint32_t events() const;                            // the events of epoll(7) to wait for
    std::optional<bool> advance();                           // whether it succeeded, once that is known
    std::string_view body() const;                           // after success with Want::body; at most 256 KiB
    const std::string& problem() const { return problem_; }  // the reason, after a failure

  private:
    std::optional<bool> send();
    std::optional<bool> receive();
    int fd_ = -1;
    bool no(std::string why);
    std::string where_;  // "port 8188"
    std::string request_, answer_, problem_;
    Want want_ = Want::connection;
    bool connected_ = false, failed_ = false;
};

// Whether a service's answer says that it is idle: a JSON object in which each of `members` is an empty array.
bool says_idle(std::string_view body, const std::vector<std::string>& members);

}  // namespace tmplbuild::launch
