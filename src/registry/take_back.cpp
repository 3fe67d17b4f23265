// SPDX-License-Identifier: Apache-2.0
#include "registry/take_back.hpp"

#include <chrono>
#include <thread>

#include "sys/pause.hpp"

namespace tmplbuild::registry {

namespace {

constexpr std::chrono::seconds longest_farewell{5};

}  // namespace

bool take_back_upload(Session& session, const std::string& url, const std::stop_token& stop) {
    std::stop_source end;
    const std::stop_callback pass_on(stop, [&end] { end.request_stop(); });
    const std::jthread timer([&end](const std::stop_token& over) {
        if (sys::pause_for(longest_farewell, over)) end.request_stop();
    });
    const auto answer = session.send({.path = url, .method = io::HttpMethod::remove}, end.get_token());
    return answer || !stop.stop_requested();
}

}  // namespace tmplbuild::registry
