// SPDX-License-Identifier: Apache-2.0
// When a request is tried again, and after which pause.
#include <algorithm>

#include "base/text.hpp"
#include "io/http_client.hpp"
#include "io/http_reply.hpp"
#include "sys/pause.hpp"

namespace tmplbuild::io {

namespace {

constexpr int new_tries = 4;
constexpr std::int64_t longest_wait = std::int64_t{1} << 62;  // seconds, as a number that can be read

// RFC 9110 section 9.2.2: methods whose requests may be sent twice with the same effect.
bool is_idempotent(HttpMethod method) { return method != HttpMethod::post && method != HttpMethod::patch; }

bool may_be_repeated(const HttpRequest& request) { return is_idempotent(request.method) && !request.caller_goes_on; }

}  // namespace

bool is_hope(const HttpRequest& request, const HttpOutcome& outcome) {
    if (outcome.failure) return outcome.may_pass && (may_be_repeated(request) || outcome.not_sent);
    const int status = outcome.reply.status;
    // These two say that nothing was done. A proxy may say them of an upload that has taken a part of the body.
    const bool is_undone = (status == 429 || status == 503) && !(request.caller_goes_on && outcome.body_sent != 0);
    return may_pass_later(status) && (may_be_repeated(request) || is_undone);
}

bool HttpTries::again(const HttpRequest& request, const HttpReply& reply) {
    if (used_ == new_tries) return false;
    HttpPause wait{std::min(patience_.first_pause * (1 << used_++), patience_.longest_pause), reply.status, false};
    // RFC 9110, section 10.2.3. Its other form, a date, is ignored, since the machine's clock may be wrong.
    if (const auto asked = parse_whole(header_of(reply.headers, "retry-after"), 0, longest_wait)) {
        const std::chrono::milliseconds length(std::min<std::int64_t>(*asked, 86400) * 1000);
        // The server asked for no request before that time.
        if (length > patience_.longest_pause) return false;
        if (length > wait.length) wait = {length, reply.status, true};
    }
    if (request.on_pause) request.on_pause(wait);
    return sys::pause_for(wait.length, stop_);
}

Error stopped_fetching(const std::string& url) {
    return Error{.kind = ErrorKind::interrupted, .message = "stopped while fetching " + printable_url(url)};
}

Error too_large(const HttpRequest& request) {
    return network_error(printable_url(request.url) + " is larger than the limit of " + human_bytes(request.limit));
}

}  // namespace tmplbuild::io
