// SPDX-License-Identifier: Apache-2.0
// A worker's whole talk with the client whose connection it has: what was asked, the body, and the answer, after which
// the connection ends. Blocking. console/files and console/models do their work by it; main.cpp starts it for --worker.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/json.hpp"
#include "console/web/answer.hpp"
#include "console/web/answer_text.hpp"
#include "console/web/handed_facts.hpp"
#include "console/worker/body_reader.hpp"

namespace tmplbuild::console {

class Conversation {
  public:
    Conversation(sys::Fd connection, HandedFacts facts, sys::Fd line, Patience patience = {});
    // What the web process hands over by its line. An error: there is nothing to talk about.
    static Result<std::unique_ptr<Conversation>> receive(sys::Fd line);

    const HandedFacts& facts() const { return facts_; }
    std::string header(std::string_view name) const;  // empty where it did not come
    bool is_head() const { return facts_.method == "HEAD"; }
    // Values of the query: any bytes but NUL. A broken query is refused with 400.
    Reply<std::map<std::string, std::string>> query() const;
    // The body as a JSON object of at most `limit` bytes.
    Reply<json::object> json_body(std::uint64_t limit);
    BodyReader& body() { return body_; }
    Line& line() { return line_; }
    bool is_client_gone() const { return connection_.is_gone(); }

    // The whole answer. Only one can be given.
    void answer(const Answer& whole);
    void refuse(const Refusal& why);
    bool has_answered() const { return has_begun_; }
    // In pieces: begin, then as many writes as it takes, then end. What is begun and not ended is seen as cut off.
    Reply<void> begin(const Answer& head, BodyLength length);
    Reply<void> write(std::string_view part);
    Reply<void> send_file(int file, std::uint64_t offset, std::uint64_t size);
    Reply<void> end();

  private:
    HandedFacts facts_;
    Line line_;
    Connection connection_;
    BodyReader body_;
    bool has_begun_ = false, is_chunked_ = false;
};

// Runs `work` for what the line hands over: it answers, or returns why not. Returns the exit code.
int serve_handed(int line, const std::function<Reply<void>(Conversation&)>& work);

}  // namespace tmplbuild::console
