// SPDX-License-Identifier: Apache-2.0
// Requests on the ports of services that do not reach the service: those that may not, those that come while it does
// not answer, and the addresses below /_tmplbuild/ that are the console's on every port.
#include "base/text.hpp"
#include "console/policy/cookies.hpp"
#include "console/web/console.hpp"
#include "console/web/static_files.hpp"
#include "sys/clock.hpp"

namespace tmplbuild::console {

// For a screen, which others may see: the values of a query may be tokens.
static std::string shown(const Request& request) {
    std::string out = request.path;
    char before = '?';
    for (const std::string& field : split(request.query, '&')) {
        if (field.empty()) continue;
        const std::size_t equals = field.find('=');
        out += before + field.substr(0, equals) + (equals == std::string::npos ? "" : "=…");
        before = '&';
    }
    return out;
}

constexpr std::int64_t nonce_seconds = Nonces::lifetime_ms / 1000;

// A browser is sent to the console, which knows whether it has signed in there; it comes back with a ticket.
void Console::refuse(const CallPtr& call) {
    const Request& request = call->request;
    const Visitor& visitor = call->visitor;
    ++refused_;
    const Outcome outcome = visitor.decision.outcome;
    if (outcome == Outcome::pass)  // it could not a moment ago: the session was made meanwhile
        return call->respond(request.is_page_load() && is_local_path(request.target)
                                 ? redirect_answer(303, request.target)
                                 : refused_answer(call, 503, "try again").with("Retry-After", "1"));
    const bool comes_back = request.is_page_load() && is_local_path(request.target);
    if (outcome == Outcome::ask && comes_back)
        return call->respond(page_answer(
            403, page(call, "link.html",
                      {{"message", visitor.decision.reason}, {"return", request.target}, {"shown", shown(request)}})));
    if (outcome != Outcome::sign_in || !comes_back || settings_.spec.console_port == 0)
        return call->respond(refused_answer(call, status_of(outcome), visitor.decision.reason));
    const auto console = settings_.origins.at_port(*visitor.here, request.port, settings_.spec.console_port);
    if (!console)
        return call->respond(refused_answer(
            call, 401,
            "sign in at the console first; CONSOLE_ORIGINS names no address of it that leads there from here"));
    const std::string nonce = nonces_.make(*visitor.here, {request.target, !is_foreign(visitor.facts, *visitor.here)},
                                           sys::in_ms(sys::time_of_day()));
    if (nonce.empty()) return call->respond(refused_answer(call, 503, "this pod has no random numbers"));
    const std::string address = console->to_string() + "/sign-in/port?port=" + std::to_string(request.port) +
                                "&nonce=" + Sha256::of(nonce).hex();
    call->respond(redirect_answer(303, address).with("Set-Cookie", set_nonce(*visitor.here, nonce, nonce_seconds)));
}

// A page load gets 200, since a proxy in front may replace the body of a 5xx.
void Console::starting(const CallPtr& call) {
    const Request& request = call->request;
    if (call->visitor.decision.outcome != Outcome::pass) return refuse(call);
    // A change may have reached a service that went away while it was made: only a person knows whether to repeat it.
    if (request.method != "GET" && request.method != "HEAD")
        return call->respond(error_answer(503, "'" + request.service + "' did not answer",
                                          "what was asked for may have been done: look before you ask for it again")
                                 .with("X-Tmplbuild-Starting", "1"));
    if (request.method != "GET" || !request.is_page_load())
        return call->respond(
            error_answer(503, "'" + request.service + "' does not answer yet", "try again in a few seconds")
                .with("Retry-After", "5")
                .with("X-Tmplbuild-Starting", "1"));
    note_interest();
    const std::string state = json::compact(view_for(call->visitor.here, request.port));
    call->respond(page_answer(200, page(call, "starting.html", {}, state)).with("X-Tmplbuild-Starting", "1"));
}

void Console::service_page(const CallPtr& call) {
    const Request& request = call->request;
    const bool get = request.method == "GET" || request.method == "HEAD";
    if (get && request.path.starts_with(static_prefix)) return static_file(call);
    if (request.method == "POST" && request.path == "/_tmplbuild/ticket") return take_ticket(call);
    if (call->visitor.decision.outcome != Outcome::pass)
        return call->respond(
            refused_answer(call, status_of(call->visitor.decision.outcome), call->visitor.decision.reason));
    if (get && request.path == "/_tmplbuild/events") return events(call);
    call->respond(refused_answer(call, 404, "there is no such address here"));
}

// It comes from the console's origin, which is another one: the ticket, the nonce and the origin prove it instead.
void Console::take_ticket(const CallPtr& call) {
    const auto& here = call->visitor.here;
    if (!here || login_.sessions() == nullptr)
        return call->respond(
            refused_answer(call, here ? 503 : 421, here ? "try again" : call->visitor.decision.reason));
    const UnixMs now = sys::in_ms(sys::time_of_day());
    auto fields = form_values(call->request.body);
    std::string nonce;
    std::optional<Nonces::Asked> asked;
    // On plain http others can set cookies of this name, too: they make no nonce that is right.
    for (const std::string& one : values_of(call->request.header("cookie"), nonce_cookie(*here)))
        if (auto read = nonces_.read(one, *here, now)) {
            nonce = one;
            asked = std::move(read);
        }
    const auto taken = tickets_.redeem(fields["ticket"], *here, nonce, now);
    if (!taken) return call->respond(refused_answer(call, 403, taken.error().message));
    const std::string token = login_.sessions()->add(taken->session, *here, now);
    if (token.empty()) return call->respond(refused_answer(call, 403, "the session has ended: sign in again"));
    login_.keep_sessions();
    // A redirect would come from the console's origin, which is another one: where the person's own doing led here, a
    // page of this origin goes on. What another site's page led to stays a navigation from there, and is judged as one.
    Answer out = asked->own_doing ? page_answer(200, page(call, "opened.html", {{"return", asked->path}}))
                                  : redirect_answer(303, asked->path);
    out.with("Set-Cookie", set_session(*here, token, Sessions::lifetime_ms / 1000))
        .with("Set-Cookie", set_nonce(*here, "", -1));
    call->respond(std::move(out));
}

}  // namespace tmplbuild::console
