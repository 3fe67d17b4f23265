// SPDX-License-Identifier: Apache-2.0
// The requests that the launcher accepts over its control socket: one JSON object a line. Used by the server and by
// tmpl-ctl. docs/pod-formats.md describes the protocol.
#pragma once

#include <string>
#include <string_view>

#include "base/error.hpp"

namespace tmplbuild::control {

struct Request {
    enum class Kind { status, subscribe, logs, start, stop, restart, kernel_retry, kernel_off, announce };
    Kind kind = Kind::status;
    std::string name{};       // of a service; of a kernel, where empty means all
    std::size_t lines = 100;  // of a log, 0..10'000
    bool follow = false;
    // To announce: a service's secret, to be hidden from now on, and the line that shows it, or none.
    std::string secret{}, text{};
};

const char* to_string(Request::Kind kind);  // "status", …, "kernel-retry", "kernel-off", "announce"
// Reads {"do":"logs","name":"comfyui","lines":100,"follow":true}. An unknown member or a missing name is an error.
Result<Request> parse_request(std::string_view line);
std::string write_request(const Request& request);  // with its newline

}  // namespace tmplbuild::control
