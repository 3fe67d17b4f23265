// SPDX-License-Identifier: Apache-2.0
// One connection to the launcher's control socket (docs/pod-formats.md): requests go out, lines come in. Used by
// LauncherClient. Never waits, never keeps more than one line of at most `longest_line` bytes, understands no answer.
#pragma once

#include <boost/asio/io_context.hpp>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "control/request.hpp"

namespace tmplbuild::console {

class ControlLine : public std::enable_shared_from_this<ControlLine> {
  public:
    static constexpr std::size_t longest_line = 4 << 20;

    struct Handlers {
        std::function<void(std::string_view line)> on_line;
        std::function<void(const std::string& why)> on_end;  // once; never after close()
    };
    enum class Opened { yes, nobody_there, full };  // full: somebody listens who takes nobody any more

    explicit ControlLine(boost::asio::io_context& context);
    ~ControlLine();
    ControlLine(const ControlLine&) = delete;
    ControlLine& operator=(const ControlLine&) = delete;

    // Connects to the first of the folders whose socket answers; `why` gets words where none does.
    Opened open(const std::vector<std::string>& folders, Handlers handlers, std::string& why);
    void send(const control::Request& request);
    void close();

  private:
    struct Socket;
    void read();
    void write();
    void take(std::size_t end);
    void fail(const std::string& why);

    std::unique_ptr<Socket> socket_;
    Handlers handlers_{};
    std::string waiting_{}, input_{};
    bool writing_ = false;
};

}  // namespace tmplbuild::console
