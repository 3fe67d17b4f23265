// SPDX-License-Identifier: Apache-2.0
// The table of the console's addresses, and the way of a request to one of its rows.
#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "console/web/console.hpp"
#include "console/web/static_files.hpp"
#include "sys/clock.hpp"

namespace tmplbuild::console {

namespace {

enum class Access {
    all,     // nobody has to sign in
    reader,  // whoever may pass
    change,  // and says so by a CSRF token, where it is no script with a bearer token
};

struct Route {
    const char* method;
    const char* pattern;  // "{}" stands for one word
    Access access;
    void (Console::*handler)(const CallPtr& call);
    HandedTo to{};  // whose connections go to a worker (handler: hand_over)
};

// The words in place of {}; none: another path.
std::optional<std::vector<std::string>> match(std::string_view pattern, std::string_view path) {
    const auto wanted = split(pattern, '/'), given = split(path, '/');
    if (wanted.size() != given.size()) return std::nullopt;
    std::vector<std::string> words;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        if (wanted[i] == given[i]) continue;
        if (wanted[i] != "{}") return std::nullopt;
        const auto word = percent_decoded(given[i], false);
        if (!word || word->empty()) return std::nullopt;
        words.push_back(*word);
    }
    return words;
}

bool same_method(std::string_view wanted, std::string_view given) {
    return wanted == given || (wanted == "GET" && given == "HEAD");
}

// The catalogue of models and the model files of the volume.
constexpr HandedTo to_models{"models", "models"};

}  // namespace

struct Routes {
    static constexpr std::array<Route, 87> all{{
        {"GET", "/", Access::reader, &Console::models_page},
        {"GET", "/installation-status", Access::reader, &Console::status_page},
        {"GET", "/tokens", Access::reader, &Console::tokens_page},
        {"GET", "/files", Access::reader, &Console::files_page},
        {"GET", "/video-calculator", Access::reader, &Console::video_page},
        {"GET", "/api/video-models", Access::reader, &Console::video_models},
        {"GET", "/api/video-plan", Access::reader, &Console::video_plan},
        {"GET", "/sign-in", Access::all, &Console::sign_in_page},
        {"POST", "/sign-in", Access::all, &Console::sign_in},
        {"GET", "/sign-in/port", Access::reader, &Console::sign_in_port},
        {"POST", "/sign-out", Access::change, &Console::sign_out},
        {"GET", "/api/installation-status", Access::reader, &Console::status},
        {"GET", "/api/events", Access::reader, &Console::events},
        {"GET", "/api/logs/{}", Access::reader, &Console::log},
        {"GET", "/api/logs/{}/follow", Access::reader, &Console::follow_log},
        {"POST", "/api/services/{}/start", Access::change, &Console::service_command},
        {"POST", "/api/services/{}/stop", Access::change, &Console::service_command},
        {"POST", "/api/services/{}/restart", Access::change, &Console::service_command},
        {"POST", "/api/kernels/{}/retry", Access::change, &Console::kernel_command},
        {"POST", "/api/kernels/{}/off", Access::change, &Console::kernel_command},
        {"GET", "/api/tokens", Access::reader, &Console::list_tokens},
        {"POST", "/api/tokens", Access::change, &Console::make_token},
        {"DELETE", "/api/tokens/{}", Access::change, &Console::withdraw_token},
        {"POST", "/api/sessions/end", Access::change, &Console::end_sessions},
        {"GET", "/api/models", Access::reader, &Console::hand_over, to_models},
        {"POST", "/api/models/check", Access::change, &Console::hand_over, to_models},
        {"POST", "/api/models/links", Access::change, &Console::hand_over, to_models},
        {"POST", "/api/models/hash", Access::change, &Console::hand_over, {"models", "hash"}},
        {"POST", "/api/models/entries", Access::change, &Console::hand_over, to_models},
        {"POST", "/api/models/entries/{}", Access::change, &Console::hand_over, to_models},
        {"DELETE", "/api/models/entries/{}", Access::change, &Console::hand_over, to_models},
        {"POST", "/api/models/sets", Access::change, &Console::hand_over, to_models},
        {"POST", "/api/models/sets/{}", Access::change, &Console::hand_over, to_models},
        {"DELETE", "/api/models/sets/{}", Access::change, &Console::hand_over, to_models},
        {"GET", "/get_model_configs", Access::reader, &Console::hand_over, to_models},
        {"GET", "/debug_config", Access::reader, &Console::hand_over, to_models},
        {"POST", "/add_model", Access::change, &Console::hand_over, to_models},
        {"POST", "/edit_model", Access::change, &Console::hand_over, to_models},
        {"POST", "/delete_model", Access::change, &Console::hand_over, to_models},
        {"POST", "/reload_config", Access::change, &Console::hand_over, to_models},
        {"GET", "/api/downloads", Access::reader, &Console::list_downloads},
        {"GET", "/api/downloads/events", Access::reader, &Console::download_events},
        {"POST", "/api/downloads", Access::change, &Console::add_downloads},
        {"POST", "/api/downloads/pause", Access::change, &Console::change_download},
        {"POST", "/api/downloads/resume", Access::change, &Console::change_download},
        {"POST", "/api/downloads/clear", Access::change, &Console::change_download},
        {"POST", "/api/downloads/order", Access::change, &Console::order_downloads},
        {"POST", "/api/downloads/{}/pause", Access::change, &Console::change_download},
        {"POST", "/api/downloads/{}/resume", Access::change, &Console::change_download},
        {"POST", "/api/downloads/{}/cancel", Access::change, &Console::change_download},
        {"POST", "/api/downloads/{}/retry", Access::change, &Console::change_download},
        {"GET", "/api/keys", Access::reader, &Console::list_keys},
        {"PUT", "/api/keys/{}", Access::change, &Console::enter_key},
        {"DELETE", "/api/keys/{}", Access::change, &Console::withdraw_key},
        {"POST", "/download", Access::change, &Console::original_download},
        {"GET", "/status", Access::reader, &Console::original_status},
        {"POST", "/clear_completed", Access::change, &Console::original_clear},
        {"GET", "/api/capabilities", Access::reader, &Console::capabilities},
        {"GET", "/api/openapi.json", Access::reader, &Console::open_api},
        {"GET", "/api/browse", Access::reader, &Console::hand_over, {"files", "lists"}},
        {"GET", "/api/search", Access::reader, &Console::hand_over, {"files", "lists"}},
        {"GET", "/api/storage_info", Access::reader, &Console::hand_over, {"files", "lists"}},
        {"GET", "/api/download", Access::reader, &Console::hand_over, {"files", "downloads"}},
        {"GET", "/api/download_folder", Access::reader, &Console::hand_over, {"files", "downloads"}},
        {"POST", "/api/download_multiple", Access::change, &Console::hand_over, {"files", "downloads"}},
        {"GET", "/api/download_multiple", Access::reader, &Console::hand_over, {"files", "downloads"}},
        {"POST", "/api/selections", Access::change, &Console::hand_over, {"files", "changes"}},
        {"POST", "/api/create_folder", Access::change, &Console::hand_over, {"files", "changes"}},
        {"POST", "/api/rename", Access::change, &Console::hand_over, {"files", "changes"}},
        {"POST", "/api/move", Access::change, &Console::hand_over, {"files", "changes"}},
        {"POST", "/api/copy", Access::change, &Console::hand_over, {"files", "changes"}},
        {"POST", "/api/delete", Access::change, &Console::hand_over, {"files", "changes"}},
        {"GET", "/api/trash", Access::reader, &Console::hand_over, {"files", "lists"}},
        {"POST", "/api/trash/restore", Access::change, &Console::hand_over, {"files", "changes"}},
        {"POST", "/api/trash/empty", Access::change, &Console::hand_over, {"files", "changes"}},
        {"POST", "/api/upload", Access::change, &Console::hand_over, {"files", "uploads"}},
        {"POST", "/api/uploads", Access::change, &Console::hand_over, {"files", "changes"}},
        {"GET", "/api/uploads", Access::reader, &Console::hand_over, {"files", "lists"}},
        {"GET", "/api/uploads/{}", Access::reader, &Console::hand_over, {"files", "lists"}},
        {"PATCH", "/api/uploads/{}", Access::change, &Console::hand_over, {"files", "uploads"}},
        {"DELETE", "/api/uploads/{}", Access::change, &Console::hand_over, {"files", "changes"}},
        {"GET", "/api/preview", Access::reader, &Console::hand_over, {"files", "lists"}},
        {"GET", "/api/pins", Access::reader, &Console::hand_over, {"files", "lists"}},
        {"PUT", "/api/pins", Access::change, &Console::hand_over, {"files", "changes"}},
        {"GET", "/metrics", Access::reader, &Console::metrics},
        {"GET", "/healthz", Access::all, &Console::health},
        {"GET", "/_tmplbuild/static/{}/{}", Access::all, &Console::static_file},
    }};
};

void Console::handle(Request request, Respond respond) {
    ++requests_;
    const UnixMs now = sys::in_ms(sys::time_of_day());
    const auto* entry = request.service.empty() ? nullptr : entry_of(request.service);
    Visitor visitor = look_at(request, keys(), entry, now);
    if (is_too_early(request, visitor, keys()))
        // As the starting page: 200 where a person looks, since a proxy in front may replace the body of a 5xx.
        return respond(text_answer(request.phase == Phase::page && request.is_page_load() ? 200 : 503,
                                   "This pod's console is just starting. This page asks again by itself.\n")
                           .with("Retry-After", "1")
                           .with("Refresh", "1"));
    if (request.phase == Phase::authorize) {
        if (visitor.decision.outcome != Outcome::pass) ++refused_;
        return respond(authorize_answer(request, visitor));
    }
    auto call = std::make_shared<Call>(
        Call{.request = std::move(request), .visitor = std::move(visitor), .respond = std::move(respond)});
    switch (call->request.phase) {
        case Phase::refuse:
            return refuse(call);
        case Phase::starting:
            return starting(call);
        case Phase::authorize:
        case Phase::page:
            return call->request.service.empty() ? console_page(call) : service_page(call);
    }
}

void Console::console_page(const CallPtr& call) {
    std::string allowed;
    for (const Route& route : Routes::all) {
        auto words = match(route.pattern, call->request.path);
        if (!words) continue;
        if (!same_method(route.method, call->request.method)) {
            allowed += (allowed.empty() ? "" : ", ") + std::string(route.method);
            continue;
        }
        call->words = std::move(*words);
        call->route = std::string(route.method) + " " + route.pattern;
        call->to = route.to;
        if (route.access == Access::all) return (this->*route.handler)(call);
        if (call->visitor.decision.outcome != Outcome::pass) return turn_away(call);
        if (route.access == Access::change && !has_csrf(call))
            return call->respond(refused_answer(
                call, 403,
                "this change does not come from a page of this console that is still signed in: load it again"));
        return (this->*route.handler)(call);
    }
    if (call->visitor.decision.outcome != Outcome::pass) return turn_away(call);
    if (allowed.empty()) return call->respond(refused_answer(call, 404, "there is no such address here"));
    call->respond(refused_answer(call, 405, "this address takes " + allowed).with("Allow", allowed));
}

bool Console::leaves_body(const Request& request) const {
    if (request.phase != Phase::page || !request.service.empty()) return false;
    return std::any_of(Routes::all.begin(), Routes::all.end(), [&](const Route& route) {
        return route.to.worker != nullptr && same_method(route.method, request.method) &&
               match(route.pattern, request.path);
    });
}

// The visitor may pass: the worker is asked nothing of that any more.
void Console::hand_over(const CallPtr& call) {
    const HandedTo to = call->to;
    if (!children_.has_room(to))
        return call->respond(error_answer(503, "too much of this is being done at once").with("Retry-After", "2"));
    const Request& request = call->request;
    HandedFacts facts{.route = call->route, .method = request.method, .words = call->words, .query = request.query};
    facts.headers = without_credentials(request.headers);
    call->respond(handed_answer([this, to, facts = std::move(facts)](HandedConnection connection) {
        children_.start(to, std::move(connection), facts);
    }));
}

void Console::turn_away(const CallPtr& call) {
    const Request& request = call->request;
    const Decision& decision = call->visitor.decision;
    if (decision.outcome == Outcome::sign_in && request.is_page_load() && !request.is_for_api()) {
        const std::string back = request.target == "/" ? "" : "?return=" + percent_encoded(request.target);
        return call->respond(redirect_answer(303, "/sign-in" + back));
    }
    ++refused_;
    call->respond(refused_answer(call, status_of(decision.outcome), decision.reason));
}

}  // namespace tmplbuild::console
