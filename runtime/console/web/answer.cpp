// SPDX-License-Identifier: Apache-2.0
#include "console/web/answer.hpp"

namespace tmplbuild::console {

namespace {

// A form's own Origin header would be "null" under no-referrer (the Fetch standard, "append a request Origin header"),
// and a change without its origin is refused: so this site's own addresses are told to this site, and to nobody else.
constexpr const char* referrer_policy = "same-origin";

Answer guarded(unsigned status, std::string type, std::string body, std::string policy) {
    Answer out{.status = status,
               .headers = {},
               .body = std::make_shared<const std::string>(std::move(body)),
               .stream = {},
               .hand_over = {}};
    out.with("Content-Type", std::move(type))
        .with("Cache-Control", "no-store")
        .with("Content-Security-Policy", std::move(policy))
        .with("X-Content-Type-Options", "nosniff")
        .with("Referrer-Policy", referrer_policy)
        .with("Cross-Origin-Opener-Policy", "same-origin")
        .with("Cross-Origin-Resource-Policy", "same-origin")
        .with("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()");
    return out;
}

constexpr const char* nothing_allowed =
    "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

}  // namespace

Answer text_answer(unsigned status, std::string body) {
    return guarded(status, "text/plain; charset=utf-8", std::move(body), nothing_allowed);
}

Answer json_answer(unsigned status, const json::value& body) {
    return guarded(status, "application/json", json::compact(body) + "\n", nothing_allowed);
}

Answer error_answer(unsigned status, std::string_view message, std::string_view hint) {
    return json_answer(status, json::object{{"error", json::object{{"message", message}, {"hint", hint}}}});
}

Answer page_answer(unsigned status, std::string html, const std::string& form_target) {
    return guarded(status, "text/html; charset=utf-8", std::move(html),
                   "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src 'self'; "
                   "connect-src 'self'; form-action 'self'" +
                       (form_target.empty() ? "" : " " + form_target) + "; frame-ancestors 'none'; base-uri 'none'");
}

// What a pod's programs made may be a document with script in it: in a browser it gets no origin, and loads nothing.
Answer file_answer(unsigned status, std::string type) {
    Answer out = guarded(status, std::move(type), "",
                         "sandbox; default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'; "
                         "frame-ancestors 'none'; base-uri 'none'; form-action 'none'");
    out.body = nullptr;
    for (auto& [name, value] : out.headers)
        if (name == "Cache-Control") value = "private, no-cache";
    // A cache before the pod would give it to people who did not sign in.
    return out.with("CDN-Cache-Control", "no-store");
}

Answer redirect_answer(unsigned status, const std::string& location) {
    Answer out = text_answer(status, "");
    out.with("Location", location);
    return out;
}

Answer event_answer(std::function<void(const std::shared_ptr<EventStream>&)> stream) {
    Answer out = guarded(200, "text/event-stream", "", nothing_allowed);
    out.with("X-Accel-Buffering", "no");
    out.body = nullptr;
    out.stream = std::move(stream);
    return out;
}

Answer handed_answer(std::function<void(HandedConnection)> hand_over) {
    Answer out;
    out.hand_over = std::move(hand_over);
    return out;
}

Answer bare_answer(unsigned status) {
    Answer out;
    out.status = status;
    return out;
}

}  // namespace tmplbuild::console
