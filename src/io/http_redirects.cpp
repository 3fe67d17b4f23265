// SPDX-License-Identifier: Apache-2.0
// One try of a request: its redirects, and what may be sent to where they lead.
#include "base/text.hpp"
#include "io/http_client.hpp"
#include "io/http_reply.hpp"

namespace tmplbuild::io {

namespace {

constexpr std::uint64_t longest_redirect = 64 << 10;  // bytes of the texts of all redirects of one request
constexpr int longest_chain = 10;                     // of redirects

bool is_redirect(int status) {
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

// RFC 9110 sections 15.4.2 to 15.4.4, in the way of browsers and curl.
void redirect_method(HttpHop& hop, int status) {
    const bool as_get = status == 303 ? hop.method != HttpMethod::head
                                      : (status == 301 || status == 302) && hop.method == HttpMethod::post;
    if (!as_get) return;
    hop.method = HttpMethod::get;
    hop.body = nullptr;
}

// The headers that may be sent to any host to which a redirect leads.
std::vector<std::string> open_headers_of(const HttpRequest& request, std::vector<std::string> more) {
    for (const auto& [name, value] : request.open_headers) more.push_back(join({name, value}, ": "));
    return more;
}

// Sets `hop` to the address to which `reply` redirects, by the request's own rules; an error where that is not
// permitted.
Result<void> redirect(const HttpRequest& request, const std::vector<std::string>& open_headers, const HttpReply& reply,
                      HttpHop& hop) {
    auto next = http_target(hop.url, header_of(reply.headers, "location"));
    if (next && request.may_redirect)
        if (auto may = request.may_redirect(next->url); !may) next = may.error();
    if (!next) return next.error().while_doing("following a redirect of " + printable_url(request.url));
    hop.url = next->url;
    redirect_method(hop, reply.status);
    if (!next->same_origin) {  // the caller's headers are for its own host alone
        hop.headers = open_headers;
        hop.user.clear();
        hop.insecure = false;
    }
    if (!next->user.empty()) hop.user = next->user;
    return {};
}

}  // namespace

HttpClient::Impl::Answer HttpClient::Impl::follow(const HttpRequest& request,
                                                  const std::vector<std::string>& own_headers, bool decode,
                                                  const HttpSink& sink, const std::stop_token& stop) {
    Answer answer;
    auto target = http_target("", request.url);
    if (!target) {
        answer.failure = target.error();
        return answer;
    }
    const std::vector<std::string> open_headers = open_headers_of(request, own_headers);
    HttpHop hop{target->url,
                open_headers,
                request.user.empty() ? target->user : request.user,
                request.ca_file,
                request.insecure,
                decode,
                request.method,
                request.body ? &*request.body : nullptr,
                request.netrc,
                request.caller_goes_on,
                request.until_answer};
    for (const auto& [name, value] : request.headers) hop.headers.push_back(join({name, value}, ": "));
    std::uint64_t passed_over = 0;  // bytes of the redirects' own texts, which nobody reads
    const HttpSink last_only = [&](const HttpReply& reply, std::string_view data) -> Result<void> {
        if (!is_redirect(reply.status) || !reply.headers.contains("location")) return sink(reply, data);
        passed_over += data.size();
        if (passed_over <= longest_redirect) return {};
        return network_error(printable_url(hop.url) + " redirects with a text of more than " +
                             human_bytes(longest_redirect));
    };
    std::set<AddressClass> kept_out = request.kept_out;
    for (int hops = 0; hops <= longest_chain; ++hops) {
        auto connection = take(kept_out);
        static_cast<HttpOutcome&>(answer) = connection->exchange(hop, last_only, stop);
        give_back(kept_out, std::move(connection));
        answer.url = hop.url;
        if (answer.failure || !is_redirect(answer.reply.status) || header_of(answer.reply.headers, "location").empty())
            return answer;
        if (hops == 0 && request.redirects_stay_near) kept_out.merge(kept_out_by(answer.peer));
        if (auto next = redirect(request, open_headers, answer.reply, hop); !next) {
            answer.failure = next.error();
            return answer;
        }
    }
    answer.failure =
        network_error(printable_url(request.url) + " redirects more than " + std::to_string(longest_chain) + " times");
    return answer;
}

}  // namespace tmplbuild::io
