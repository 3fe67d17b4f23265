// SPDX-License-Identifier: Apache-2.0
// The client's connection in a worker: reads and writes that wait as long as the client goes on, and tell the web
// process meanwhile that nothing is stuck here. Used by the body reader and the conversation.
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "console/worker/line.hpp"
#include "console/worker/refusal.hpp"
#include "sys/fd.hpp"

namespace tmplbuild::console {

struct Patience {
    std::chrono::milliseconds to_read{60'000}, to_write{120'000};  // without a single byte
};

class Connection {
  public:
    // `received`: what was read of it before. The socket has O_NONBLOCK.
    Connection(sys::Fd socket, std::string received, Line& line, Patience patience = {})
        : socket_(std::move(socket)), received_(std::move(received)), line_(line), patience_(patience) {}

    // At least one byte; 0: the client sends nothing more.
    Reply<std::size_t> read(std::span<char> into);
    Reply<void> write(std::string_view text);
    // Sends a part of an open file, without a copy in this process.
    Reply<void> send_file(int file, std::uint64_t offset, std::uint64_t size);
    // The client has gone, or stopped sending: work that nobody waits for any more can end.
    bool is_gone() const;
    // Ends it: takes for a moment what the client still sends, so that the answer is not lost.
    void end(bool client_still_sends);

  private:
    Reply<void> wait(short events, std::chrono::milliseconds longest, unsigned status_when_late);

    sys::Fd socket_;
    std::string received_;
    std::size_t taken_ = 0;  // of received_
    Line& line_;
    Patience patience_;
};

}  // namespace tmplbuild::console
