// SPDX-License-Identifier: Apache-2.0
// Signing in and out on the console's own port, and the ticket that a browser carries from there to another port.
#include "base/text.hpp"
#include "console/policy/cookies.hpp"
#include "console/web/console.hpp"
#include "sys/clock.hpp"

namespace tmplbuild::console {

namespace {

constexpr std::int64_t session_seconds = Sessions::lifetime_ms / 1000;

std::string local_or_home(const std::string& path) {
    return is_local_path(path) && !path.starts_with("/sign-in?") && path != "/sign-in" ? path : "/";
}

}  // namespace

void Console::sign_in_page(const CallPtr& call) {
    if (call->visitor.decision.outcome == Outcome::misdirected) return turn_away(call);
    const std::string back = local_or_home(form_values(call->request.query)["return"]);
    if (call->visitor.decision.outcome == Outcome::pass) return call->respond(redirect_answer(303, back));
    call->respond(page_answer(200, page(call, "sign_in.html", {{"return", back}, {"form_action", "/sign-in"}})));
}

// Only a page of this console may sign somebody in: else another site could do it in its own name.
void Console::sign_in(const CallPtr& call) {
    const Visitor& visitor = call->visitor;
    if (visitor.decision.outcome == Outcome::misdirected || !visitor.here) return turn_away(call);
    const bool says_whence = !visitor.facts.origin.empty() || !visitor.facts.fetch_site.empty();
    if (!says_whence || is_foreign(visitor.facts, *visitor.here))
        return call->respond(refused_answer(call, 403, "sign in on the console's own page"));
    auto fields = form_values(call->request.body);
    const std::string back = local_or_home(fields["return"]);
    if (settings_.no_login) return call->respond(redirect_answer(303, back));
    bool is_known = false;
    for (const std::string& mark : values_of(call->request.header("cookie"), known_cookie(*visitor.here)))
        is_known = is_known || login_.browsers().knows(mark, sys::in_ms(sys::time_of_day()));
    login_.check(fields["password"], is_known, [this, call, back](Login::Typed typed) {
        const auto again = [&](unsigned status, const std::string& message) {
            Answer out =
                call->request.wants_json()
                    ? error_answer(status, message)
                    : page_answer(status, page(call, "sign_in.html",
                                               {{"return", back}, {"form_action", "/sign-in"}, {"message", message}}));
            call->respond(std::move(out));
        };
        if (typed == Login::Typed::wrong) note_wrong_password();
        if (typed == Login::Typed::wrong) return again(403, "This is not the password. Try again.");
        if (typed == Login::Typed::too_many)
            return again(503, "Too many people sign in right now. Try again in a moment.");
        if (typed == Login::Typed::not_ready && !login_.problem().empty())
            return again(503, "Nobody can sign in: " + login_.problem() + ".");
        if (typed == Login::Typed::not_ready)
            return again(503,
                         "This pod has only just started and does not know its password yet. Try again in a moment.");
        open_session(call, back);
    });
}

// One line a minute at most, so that nobody fills the log.
void Console::note_wrong_password() {
    ++wrong_passwords_;
    const UnixMs now = sys::in_ms(sys::time_of_day());
    if (now - told_at_ < 60'000) return;
    say("sign-in: " + std::to_string(wrong_passwords_ - told_wrong_) +
        " with a wrong password since the last such line");
    told_at_ = now;
    told_wrong_ = wrong_passwords_;
}

// The password was right.
void Console::open_session(const CallPtr& call, const std::string& back) {
    const Origin& here = *call->visitor.here;
    const UnixMs now = sys::in_ms(sys::time_of_day());
    // The session that this browser had before has nobody any more who could end it.
    if (call->visitor.session) login_.sessions()->sign_out(call->visitor.session->id);
    const std::string token = login_.sessions()->sign_in(here, now);
    end_streams();
    if (token.empty())
        return call->respond(refused_answer(call, 503, "this pod has no random numbers, so nobody can sign in"));
    login_.keep_sessions();
    Answer out = redirect_answer(303, back);
    out.with("Set-Cookie", set_session(here, token, session_seconds));
    if (const std::string mark = login_.browsers().mark(now); !mark.empty())
        out.with("Set-Cookie", set_known(here, mark, KnownBrowsers::lifetime_ms / 1000));
    call->respond(std::move(out));
}

void Console::sign_in_port(const CallPtr& call) {
    auto fields = form_values(call->request.query);
    const auto port = parse_whole(fields["port"], 1, 65535);
    const pod::Service* service = nullptr;
    for (const pod::Service& one : settings_.spec.services)
        if (port && one.port == *port && !one.is_public) service = &one;
    const auto nonce = Digest::parse_hex(fields["nonce"]);
    if (service == nullptr || !nonce)
        return call->respond(
            refused_answer(call, 400, "this link to sign in at a service is not whole: open the service again"));
    const auto origin = settings_.origins.at_port(*call->visitor.here, call->request.port, service->port);
    if (!origin)
        return call->respond(refused_answer(
            call, 404,
            "CONSOLE_ORIGINS names no address of port " + std::to_string(service->port) + ", so nothing leads there"));
    if (!call->visitor.session)  // no password is asked for, so the port lets everybody in
        return call->respond(redirect_answer(303, origin->to_string() + "/"));
    const std::string ticket =
        tickets_.issue({call->visitor.session->id, *origin, *nonce}, sys::in_ms(sys::time_of_day()));
    if (ticket.empty()) return call->respond(refused_answer(call, 503, "this pod has no random numbers"));
    call->request.service = service->name;
    call->respond(page_answer(
        200,
        page(call, "ticket.html", {{"form_action", origin->to_string() + "/_tmplbuild/ticket"}, {"ticket", ticket}}),
        origin->to_string()));
}

void Console::sign_out(const CallPtr& call) {
    Answer out = redirect_answer(303, "/sign-in");
    if (call->visitor.session) {
        login_.sessions()->sign_out(call->visitor.session->id);
        login_.keep_sessions();
        end_streams();
        out.with("Set-Cookie", set_session(*call->visitor.here, "", -1));
    }
    call->respond(std::move(out));
}

}  // namespace tmplbuild::console
