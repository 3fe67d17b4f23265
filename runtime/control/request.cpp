// SPDX-License-Identifier: Apache-2.0
#include "control/request.hpp"

#include <array>

#include "base/json.hpp"

namespace tmplbuild::control {

using Kind = Request::Kind;

static constexpr std::array<Kind, 9> kinds{Kind::status,       Kind::subscribe,  Kind::logs,
                                           Kind::start,        Kind::stop,       Kind::restart,
                                           Kind::kernel_retry, Kind::kernel_off, Kind::announce};

const char* to_string(Kind kind) {
    switch (kind) {
        case Kind::status:
            return "status";
        case Kind::subscribe:
            return "subscribe";
        case Kind::logs:
            return "logs";
        case Kind::start:
            return "start";
        case Kind::stop:
            return "stop";
        case Kind::restart:
            return "restart";
        case Kind::kernel_retry:
            return "kernel-retry";
        case Kind::kernel_off:
            return "kernel-off";
        case Kind::announce:
            return "announce";
    }
    return "status";
}

static bool names_service(Kind kind) {
    return kind == Kind::logs || kind == Kind::start || kind == Kind::stop || kind == Kind::restart ||
           kind == Kind::announce;
}

static Result<void> read_members(const json::object& object, Request& out) {
    for (const auto& pair : object) {
        const std::string key(pair.key());
        const json::value& value = pair.value();
        if (key == "do") continue;
        if (key == "name" && value.is_string()) {
            out.name = std::string(value.get_string());
        } else if (key == "secret" && value.is_string()) {
            out.secret = std::string(value.get_string());
        } else if (key == "text" && value.is_string()) {
            out.text = std::string(value.get_string());
        } else if (key == "follow" && value.is_bool()) {
            out.follow = value.get_bool();
        } else if (key == "lines" && value.is_int64() && value.get_int64() >= 0 && value.get_int64() <= 10'000) {
            out.lines = static_cast<std::size_t>(value.get_int64());
        } else {
            return usage_error("'" + key.substr(0, 40) + "' is not a member of a request, or not of the right kind");
        }
    }
    return {};
}

Result<Request> parse_request(std::string_view line) {
    const auto value = json::parse(line, "request");
    if (!value) return value.error();
    const json::object* object = value->if_object();
    if (object == nullptr) return usage_error("a request is one JSON object a line");
    const std::string word = json::string_or(*object, "do", "");
    Request out;
    bool known = false;
    for (const Kind kind : kinds)
        if (word == to_string(kind)) {
            out.kind = kind;
            known = true;
        }
    if (!known) return usage_error("'" + word.substr(0, 40) + "' is not something that can be asked");
    if (auto read = read_members(*object, out); !read) return read.error();
    if (names_service(out.kind) && out.name.empty()) return usage_error("'" + word + "' needs a name");
    return out;
}

std::string write_request(const Request& request) {
    json::object out{{"do", to_string(request.kind)}};
    if (!request.name.empty()) out["name"] = request.name;
    if (request.kind == Kind::logs) {
        out["lines"] = request.lines;
        out["follow"] = request.follow;
    }
    if (request.kind == Kind::announce) {
        out["secret"] = request.secret;
        out["text"] = request.text;
    }
    return json::compact(out) + "\n";
}

}  // namespace tmplbuild::control
