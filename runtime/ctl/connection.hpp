// SPDX-License-Identifier: Apache-2.0
// tmpl-ctl's end of the control socket: one request out, lines of JSON in. Blocks; a person waits for it.
#pragma once

#include <string>

#include "base/json.hpp"
#include "control/request.hpp"

namespace tmplbuild::ctl {

class Connection {
  public:
    // Finds the launcher's socket; a machine error says where it was looked for.
    static Result<Connection> open();
    ~Connection();
    Connection(Connection&& other) noexcept;
    Connection& operator=(Connection&&) = delete;

    Result<void> send(const control::Request& request);
    // The next line: an error when the launcher has ended, says {"error": …}, or speaks no JSON.
    Result<json::object> receive();

  private:
    explicit Connection(int fd) : fd_(fd) {}
    int fd_;
    std::string input_;
};

}  // namespace tmplbuild::ctl
