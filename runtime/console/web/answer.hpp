// SPDX-License-Identifier: Apache-2.0
// What the console answers to a request, as a value: a status, headers and a body, or a stream of events. Every answer
// has the headers that keep other sites' pages away from it. Used by every route; the server sends it.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.hpp"
#include "console/web/handed_connection.hpp"

namespace tmplbuild::console {

class EventStream;

struct Answer {
    unsigned status = 200;
    std::vector<std::pair<std::string, std::string>> headers{};
    std::shared_ptr<const std::string> body{};  // shared: one text may go to many; null: none
    // Set: the answer is a stream of events, which is handed over once its headers are on their way.
    std::function<void(const std::shared_ptr<EventStream>&)> stream{};
    // Set: there is no answer here. Whoever takes the connection answers on it.
    std::function<void(HandedConnection)> hand_over{};

    Answer& with(std::string name, std::string value) {
        headers.emplace_back(std::move(name), std::move(value));
        return *this;
    }
};
using Respond = std::function<void(Answer)>;

Answer text_answer(unsigned status, std::string body);
Answer json_answer(unsigned status, const json::value& body);
// {"error":{"message":…,"hint":…}}
Answer error_answer(unsigned status, std::string_view message, std::string_view hint = {});
// A page of ours. `form_target`: another origin that a form of it may be sent to.
Answer page_answer(unsigned status, std::string html, const std::string& form_target = {});
// The head of an answer whose body is a file that somebody else made.
Answer file_answer(unsigned status, std::string type);
Answer redirect_answer(unsigned status, const std::string& location);
Answer handed_answer(std::function<void(HandedConnection)> hand_over);
Answer event_answer(std::function<void(const std::shared_ptr<EventStream>&)> stream);
// For the gateway alone.
Answer bare_answer(unsigned status);

}  // namespace tmplbuild::console
