// SPDX-License-Identifier: Apache-2.0
// HttpClient: documents into memory, and bodies that are streamed. Files are in io/http_download.cpp.
#include "io/http.hpp"

#include <algorithm>

#include "io/http_client.hpp"
#include "io/http_reply.hpp"

namespace tmplbuild::io {

HttpClient::HttpClient(HttpPatience patience) : impl_(std::make_unique<Impl>()) { impl_->patience = patience; }
HttpClient::~HttpClient() = default;
HttpClient::HttpClient(HttpClient&&) noexcept = default;

Result<HttpResponse> HttpClient::send(const HttpRequest& request, std::stop_token stop) {
    return stream(request, nullptr, std::move(stop));
}

namespace {

constexpr std::uint64_t longest_words = 1ULL << 20;  // bytes; longest text of an error in place of a body to stream

// A body that is requested from a later byte on (RFC 9110, section 14.2). A server without ranges sends all of it.
class FromByte {
  public:
    explicit FromByte(const HttpRequest& request) : request_(request), left_out_(request.first_byte) {}

    std::vector<std::string> headers() const {
        if (request_.first_byte == 0) return {};
        return {"Range: bytes=" + std::to_string(request_.first_byte) + "-"};
    }
    // The part of `data`, the next bytes of the reply, that was requested.
    Result<std::string_view> wanted(const HttpReply& reply, std::string_view data) {
        if (reply.status == 206) {
            const std::string begin = "bytes " + std::to_string(request_.first_byte) + "-";
            if (header_of(reply.headers, "content-range").starts_with(begin)) return data;
            return network_error(printable_url(request_.url) + " sent another range than the one asked for");
        }
        const std::size_t skipped = static_cast<std::size_t>(std::min<std::uint64_t>(left_out_, data.size()));
        left_out_ -= skipped;
        return data.substr(skipped);
    }

  private:
    const HttpRequest& request_;
    std::uint64_t left_out_;
};

}  // namespace

Result<HttpResponse> HttpClient::stream(const HttpRequest& request, const HttpBodySink& to, std::stop_token stop) {
    HttpTries tries(impl_->patience, std::move(stop));
    for (;;) {
        std::string body;
        std::uint64_t size = 0;
        bool given_on = false;  // whether `to` has got bytes, which cannot be taken back
        FromByte from(request);
        const HttpSink sink = [&](const HttpReply& reply, std::string_view data) -> Result<void> {
            size += data.size();
            const bool is_kept = !to || reply.status < 200 || reply.status >= 300;
            if (size > request.limit || (to && is_kept && size > longest_words)) return too_large(request);
            if (is_kept) {
                body.append(data);
                return {};
            }
            auto wanted = from.wanted(reply, data);
            if (!wanted) return wanted.error();
            if (wanted->empty()) return {};
            given_on = true;
            return to(*wanted);
        };
        Impl::Answer answer = impl_->follow(request, from.headers(), !request.as_it_lies, sink, tries.stop());
        if (!given_on && is_hope(request, answer) && tries.again(request, answer.reply)) continue;
        if (tries.stop().stop_requested()) return stopped_fetching(request.url);
        if (answer.failure) return *answer.failure;
        return HttpResponse{answer.reply.status, std::move(answer.reply.headers), std::move(body), answer.url,
                            answer.peer};
    }
}

}  // namespace tmplbuild::io
