// SPDX-License-Identifier: Apache-2.0
#include "console/pod/launcher_client.hpp"

#include <boost/asio/post.hpp>

#include "base/json.hpp"
#include "console/pod/snapshot_reader.hpp"
#include "sys/clock.hpp"

namespace tmplbuild::console {

namespace asio = boost::asio;
using boost::system::error_code;
using control::Request;

static status::UnixMs unix_ms() { return sys::in_ms(sys::time_of_day()); }

LauncherClient::LauncherClient(asio::io_context& context, std::vector<std::string> folders, Pauses pauses)
    : context_(context), folders_(std::move(folders)), pauses_(pauses), again_(context), look_(context) {}

void LauncherClient::start() {
    state_ = {LauncherState::Kind::lost, unix_ms(), "the launcher was not asked yet"};
    connect();
}

void LauncherClient::connect() {
    line_ = std::make_shared<ControlLine>(context_);
    std::string why;
    ControlLine::Handlers handlers{[this](std::string_view line) { take(line); },
                                   [this](const std::string& reason) { lost(reason); }};
    switch (line_->open(folders_, std::move(handlers), why)) {
        case ControlLine::Opened::yes:
            asked_ = true;
            line_->send({.kind = Request::Kind::subscribe});
            return look_later();
        case ControlLine::Opened::full:
            enter(LauncherState::Kind::hanging, "the launcher takes no connection: it does not run on");
            return connect_later();
        case ControlLine::Opened::nobody_there:
            enter(LauncherState::Kind::lost, "no launcher answers here (" + why + ")");
            return connect_later();
    }
}

void LauncherClient::connect_later() {
    again_.expires_after(pauses_.again);
    again_.async_wait([this](error_code error) {
        if (!error) connect();
    });
}

void LauncherClient::lost(const std::string& why) {
    look_.cancel();
    asked_ = false;
    enter(LauncherState::Kind::lost, "the launcher is gone: " + why);
    connect_later();
}

void LauncherClient::take(std::string_view line) {
    if (line.starts_with("{\"dropped\"")) return;
    asked_ = false;
    look_later();
    // The time is a snapshot's last member: two texts of one state differ only there.
    const std::string_view text = line.substr(0, line.rfind("\"now\":"));
    if (snapshot_ && text == text_) return enter(LauncherState::Kind::connected, "");
    auto read = read_snapshot(line);
    if (!read) return enter(LauncherState::Kind::hanging, read.error().message);
    text_ = text;
    snapshot_ = std::move(*read);
    if (state_.kind == LauncherState::Kind::connected) {
        if (on_change) on_change();
    } else {
        enter(LauncherState::Kind::connected, "");
    }
}

void LauncherClient::enter(LauncherState::Kind kind, const std::string& reason) {
    if (state_.kind == kind && state_.reason == reason) return;
    const bool same_kind = state_.kind == kind;
    state_ = {kind, same_kind ? state_.since : unix_ms(), reason};
    if (on_change) on_change();
}

void LauncherClient::set_watched(bool watched) {
    if (watched_ == watched) return;
    watched_ = watched;
    if (watched && !asked_ && state_.kind == LauncherState::Kind::connected) look();
}

// Asks after a pause, or says that the latest question has no answer.
void LauncherClient::look_later() {
    look_.expires_after(asked_ ? pauses_.answer : watched_ ? pauses_.look : pauses_.look_idle);
    look_.async_wait([this](error_code error) {
        if (!error) look();
    });
}

void LauncherClient::look() {
    if (asked_) {
        enter(LauncherState::Kind::hanging, "the launcher does not answer; what is shown is what it said last");
        return look_later();
    }
    asked_ = true;
    line_->send({.kind = Request::Kind::status});
    look_later();
}

namespace {

// One request on a connection of its own, with a deadline.
struct Question : std::enable_shared_from_this<Question> {
    Question(asio::io_context& context, LauncherClient::OnAnswer answer)
        : line(std::make_shared<ControlLine>(context)), deadline(context), on_answer(std::move(answer)) {}

    void tell(const LauncherClient::Answer& answer) {
        deadline.cancel();
        line->close();
        if (const auto told = std::exchange(on_answer, nullptr)) told(answer);
    }
    void take(std::string_view text) {
        const auto value = json::parse(text, "the launcher's answer");
        const json::object* object = value ? value->if_object() : nullptr;
        if (object == nullptr) return tell({LauncherClient::Missing::silent, "the launcher's answer is no JSON", {}});
        if (object->contains("error"))
            return tell({LauncherClient::Missing::refused, json::string_or(*object, "error", ""), {}});
        const char* key = object->contains("log") ? "log" : "done";
        tell({std::nullopt, json::string_or(*object, key, ""), json::string_or(*object, "older_in", "")});
    }

    std::shared_ptr<ControlLine> line;
    asio::steady_timer deadline;
    LauncherClient::OnAnswer on_answer;
};

}  // namespace

void LauncherClient::ask(const Request& request, OnAnswer on_answer) {
    auto question = std::make_shared<Question>(context_, std::move(on_answer));
    std::string why;
    const auto opened =
        question->line->open(folders_,
                             {[question](std::string_view line) { question->take(line); },
                              [question](const std::string& reason) {
                                  question->tell({Missing::no_launcher, "the launcher is gone: " + reason, {}});
                              }},
                             why);
    if (opened != ControlLine::Opened::yes) {
        const bool silent = opened == ControlLine::Opened::full;
        const Answer answer{silent ? Missing::silent : Missing::no_launcher,
                            (silent ? "the launcher does not answer (" : "no launcher answers here (") + why + ")",
                            {}};
        return asio::post(context_, [question, answer] { question->tell(answer); });
    }
    question->line->send(request);
    question->deadline.expires_after(pauses_.answer);
    question->deadline.async_wait([question](error_code error) {
        if (!error) question->tell({Missing::silent, "the launcher did not answer in time; it may still do it", {}});
    });
}

std::shared_ptr<ControlLine> LauncherClient::follow(const std::string& name, std::size_t lines, Follower follower) {
    auto line = std::make_shared<ControlLine>(context_);
    auto shared = std::make_shared<Follower>(std::move(follower));
    std::string why;
    const auto take = [shared](std::string_view text) {
        const auto value = json::parse(text, "the launcher's answer");
        const json::object* object = value ? value->if_object() : nullptr;
        if (object == nullptr) return;
        if (object->contains("error")) return shared->on_end(json::string_or(*object, "error", ""));
        const std::int64_t dropped = json::int_or(*object, "dropped", 0);
        if (dropped > 0)
            shared->on_lines("(" + std::to_string(dropped) + " parts were left out: they were not read in time)\n");
        else
            shared->on_lines(json::string_or(*object, "log", ""));
    };
    const auto opened =
        line->open(folders_, {take, [shared](const std::string& reason) { shared->on_end(reason); }}, why);
    if (opened != ControlLine::Opened::yes) return nullptr;
    line->send({.kind = Request::Kind::logs, .name = name, .lines = lines, .follow = true});
    return line;
}

}  // namespace tmplbuild::console
