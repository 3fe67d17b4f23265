// SPDX-License-Identifier: Apache-2.0
// tmpl-ctl's end of the control socket: sends one request, reads lines of JSON. It blocks, since a person waits for it.
// Used by main.cpp. Interprets no answer.
#pragma once

#include <string>

#include "base/json.hpp"
#include "control/request.hpp"

namespace tmplbuild::ctl {

class Connection {
  public:
    // Finds the launcher's socket; a machine error says where it looked.
    static Result<Connection> open();
    ~Connection();
    Connection(Connection&& other) noexcept;
    Connection& operator=(Connection&&) = delete;

    Result<void> send(const control::Request& request);
    // The next line. An error when the launcher has ended, sends {"error": …}, or sends no JSON.
    Result<json::object> receive();

  private:
    explicit Connection(int fd) : fd_(fd) {}
    int fd_;
    std::string input_;
};

}  // namespace tmplbuild::ctl
