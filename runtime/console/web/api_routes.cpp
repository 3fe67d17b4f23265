// SPDX-License-Identifier: Apache-2.0
// The API for scripts and for the console's own pages; schema/console.openapi.json describes it.
#include <csignal>

#include "base/text.hpp"
#include "console/policy/cookies.hpp"
#include "console/web/capabilities.hpp"
#include "console/web/console.hpp"
#include "console/web/metrics.hpp"
#include "sys/clock.hpp"

namespace tmplbuild::console {

namespace {

constexpr std::size_t most_followers = 16;  // of logs: the launcher serves 32 clients in all
constexpr std::size_t most_lines = 10'000, usual_lines = 100;

unsigned status_of_missing(LauncherClient::Missing missing) {
    switch (missing) {
        case LauncherClient::Missing::no_launcher:
            return 503;
        case LauncherClient::Missing::silent:
            return 504;
        case LauncherClient::Missing::refused:
            return 409;
    }
    return 503;
}

// The name of a service, a kernel or "launcher" that the launcher would have no answer for.
bool is_unknown(const status::Snapshot* snapshot, const std::string& name) {
    if (snapshot == nullptr || name == "launcher") return false;
    for (const status::Service& service : snapshot->services)
        if (service.name == name) return false;
    for (const status::Kernel& kernel : snapshot->kernels)
        if (kernel.name == name) return false;
    return true;
}

Answer unknown_name(const std::string& name) { return error_answer(404, "this pod has no '" + name + "'"); }

std::string session_of(const CallPtr& call) { return call->visitor.session ? call->visitor.session->id : ""; }

// nginx answers by a new process from then on, and the old one ends its connections: those that services keep open,
// too, of which nobody knows whose they are.
void end_connections(const status::Snapshot* snapshot) {
    if (snapshot == nullptr) return;
    for (const status::Service& service : snapshot->services)
        if (service.name == "gateway" && service.pid > 1) ::kill(static_cast<pid_t>(service.pid), SIGHUP);
}

json::object described(const BearerTokens::Token& token) {
    return {{"id", token.id},
            {"name", token.name},
            {"made", token.made},
            {"used", token.used == 0 ? json::value() : json::value(token.used)}};
}

}  // namespace

void Console::status(const CallPtr& call) {
    note_interest();
    call->respond(json_answer(200, view_for(call->visitor.here, call->request.port)));
}

void Console::events(const CallPtr& call) {
    if (!hub_.has_room())
        return call->respond(error_answer(503, "too many pages watch this pod at once").with("Retry-After", "5"));
    const std::string key = std::to_string(call->request.port) + " " + call->visitor.here->to_string();
    const std::string last = call->request.header("last-event-id");
    const std::string session = session_of(call), token = call->visitor.token;
    call->respond(event_answer([this, key, last, session, token](const std::shared_ptr<EventStream>& stream) {
        hub_.add(stream, key, last);
        hold(stream, session, token);
    }));
}

void Console::log(const CallPtr& call) {
    const std::string& name = call->words.front();
    if (is_unknown(launcher_.snapshot(), name)) return call->respond(unknown_name(name));
    const auto fields = form_values(call->request.query);
    control::Request request{.kind = control::Request::Kind::logs, .name = name};
    request.lines = usual_lines;
    if (const auto given = fields.find("lines"); given != fields.end()) {
        const auto lines = parse_whole(given->second, 0, INT64_MAX);
        if (!lines) return call->respond(error_answer(400, "lines is no whole number: '" + given->second + "'"));
        request.lines = static_cast<std::size_t>(std::min<std::int64_t>(*lines, most_lines));
    }
    launcher_.ask(request, [call](const LauncherClient::Answer& answer) {
        if (answer.missing) return call->respond(error_answer(status_of_missing(*answer.missing), answer.text));
        Answer out = text_answer(200, answer.text);
        if (!answer.older_in.empty()) out.with("X-Tmplbuild-Older-In", percent_encoded(answer.older_in, "/"));
        call->respond(std::move(out));
    });
}

void Console::follow_log(const CallPtr& call) {
    const std::string& name = call->words.front();
    if (is_unknown(launcher_.snapshot(), name)) return call->respond(unknown_name(name));
    if (*followers_ >= most_followers)
        return call->respond(error_answer(503, "too many pages follow a log at once").with("Retry-After", "5"));
    // Taken before the answer's head is sent: others may come meanwhile. It is given back with the stream.
    const std::shared_ptr<void> place(nullptr, [count = followers_](void*) { --*count; });
    ++*followers_;
    const std::string session = session_of(call), token = call->visitor.token;
    call->respond(event_answer([this, name, place, session, token](const std::shared_ptr<EventStream>& stream) {
        const std::weak_ptr<EventStream> weak = stream;
        LauncherClient::Follower follower{
            [weak](const std::string& lines) {
                if (const auto to = weak.lock(); to && !lines.empty())
                    to->put(std::make_shared<const std::string>(event_text("lines", lines)));
            },
            [weak](const std::string&) {
                if (const auto to = weak.lock()) to->end();
            }};
        const auto line = launcher_.follow(name, usual_lines, std::move(follower));
        if (line == nullptr) return stream->end();
        stream->on_gone = [place, line] { line->close(); };
        hold(stream, session, token);
    }));
}

void Console::command(const CallPtr& call, const control::Request& request) {
    launcher_.ask(request, [call](const LauncherClient::Answer& answer) {
        if (answer.missing) return call->respond(error_answer(status_of_missing(*answer.missing), answer.text));
        call->respond(json_answer(200, json::object{{"done", answer.text}}));
    });
}

void Console::service_command(const CallPtr& call) {
    const std::string& name = call->words.front();
    const std::string what = call->request.path.substr(call->request.path.rfind('/') + 1);
    if (is_unknown(launcher_.snapshot(), name)) return call->respond(unknown_name(name));
    if (what == "stop" && (name == "console" || name == "gateway"))
        return call->respond(error_answer(409, "without '" + name + "' nobody could open this page to start it again",
                                          "in the pod's shell: tmpl-ctl stop " + name));
    using Kind = control::Request::Kind;
    const Kind kind = what == "start" ? Kind::start : what == "stop" ? Kind::stop : Kind::restart;
    command(call, {.kind = kind, .name = name});
}

void Console::kernel_command(const CallPtr& call) {
    const std::string& name = call->words.front();
    if (is_unknown(launcher_.snapshot(), name)) return call->respond(unknown_name(name));
    using Kind = control::Request::Kind;
    command(call,
            {.kind = call->request.path.ends_with("/retry") ? Kind::kernel_retry : Kind::kernel_off, .name = name});
}

void Console::list_tokens(const CallPtr& call) {
    tokens_.refresh();
    json::array list;
    for (const BearerTokens::Token& token : tokens_.tokens().all()) list.push_back(described(token));
    call->respond(json_answer(200, json::object{{"tokens", std::move(list)}}));
}

void Console::make_token(const CallPtr& call) {
    const auto body = json::parse(call->request.body, "the request");
    const json::object* object = body ? body->if_object() : nullptr;
    const std::string name = object == nullptr ? "" : json::string_or(*object, "name", "");
    auto made = tokens_.tokens().make(name, sys::in_ms(sys::time_of_day()));
    if (!made) return call->respond(error_answer(400, made.error().message, made.error().hint));
    tokens_.keep_made(made->id, [call, name, made = *made](const std::string& problem) {
        json::object out{{"id", made.id}, {"name", name}, {"token", made.text}};
        out["notice"] =
            problem.empty() ? "" : "it holds until the console starts again, if it cannot be kept by then: " + problem;
        call->respond(json_answer(201, out));
    });
}

void Console::withdraw_token(const CallPtr& call) {
    if (!tokens_.tokens().withdraw(call->words.front()))
        return call->respond(error_answer(404, "there is no token with this id"));
    end_streams();
    tokens_.keep_withdrawn(call->words.front(), [call](const std::string& problem) {
        if (problem.empty()) return call->respond(json_answer(200, json::object{{"done", "withdrawn"}}));
        call->respond(error_answer(503, "withdrawn here, and not on the volume yet: " + problem,
                                   "the console tries again every 15 s; other pods of this volume still take it"));
    });
}

void Console::end_sessions(const CallPtr& call) {
    if (login_.sessions() != nullptr) login_.sessions()->sign_out_all();
    login_.keep_sessions();
    end_streams();
    end_connections(launcher_.snapshot());
    Answer out = json_answer(200, json::object{{"done", "every browser is signed out"}});
    if (call->visitor.session) out.with("Set-Cookie", set_session(*call->visitor.here, "", -1));
    call->respond(std::move(out));
}

void Console::capabilities(const CallPtr& call) {
    call->respond(
        json_answer(200, capabilities_of(view_for(call->visitor.here, call->request.port), settings_.version)));
}

void Console::open_api(const CallPtr& call) {
    Answer out = json_answer(200, json::object{});
    out.body = std::make_shared<const std::string>(settings_.open_api);
    call->respond(std::move(out));
}

void Console::health(const CallPtr& call) { call->respond(json_answer(200, json::object{{"status", "ok"}})); }

void Console::metrics(const CallPtr& call) {
    note_interest();
    const ConsoleCounts counts{requests_, refused_, hub_.watchers(), wrong_passwords_};
    Answer out = text_answer(200, metrics_text(view_for(call->visitor.here, call->request.port), counts));
    for (auto& [name, value] : out.headers)
        if (name == "Content-Type") value = "text/plain; version=0.0.4; charset=utf-8";
    call->respond(std::move(out));
}

}  // namespace tmplbuild::console
