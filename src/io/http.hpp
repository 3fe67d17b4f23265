// SPDX-License-Identifier: Apache-2.0
// HTTP: small documents into memory, bodies of any size streamed both ways, large files to disk with their digest. Code
// that fetches anything uses the interface `Http`, which its tests implement themselves. HttpClient implements it with
// libcurl; proxies and the CA bundle come from the environment and the system, as for curl. Never follows a redirect to
// another scheme than http and https, never sends a header to another host than the one for which it was given.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/digest.hpp"
#include "base/error.hpp"
#include "io/address.hpp"

namespace tmplbuild::io {

// RFC 9110 section 9.3, RFC 5789.
enum class HttpMethod { get, head, post, put, patch, remove };
std::string_view to_string(HttpMethod method);  // "GET"; `remove` is "DELETE"

// A request's body, read piece by piece from where it is stored; each retry and redirect reads it from its beginning.
struct HttpBody {
    std::uint64_t size = 0;  // bytes; the server gets this number before the first of them
    // Fills `into` with the bytes at `offset`; returns how many, at least one. An error ends the request.
    std::function<Result<std::size_t>(std::uint64_t offset, std::span<std::byte> into)> read;

    static HttpBody of(std::string text);
    // A part of a file, which must not change until the request is over.
    static Result<HttpBody> of_file(const std::filesystem::path& file, std::uint64_t offset, std::uint64_t size);
};

// The reason of a wait before a retry.
struct HttpPause {
    std::chrono::milliseconds length{};
    int status = 0;             // of the server's answer; 0: there was none
    bool is_asked_for = false;  // by the server (Retry-After)
};

struct HttpRequest {
    std::string url;
    std::map<std::string, std::string> headers{};
    std::uint64_t limit = 64ULL << 20;  // of the body, in bytes; more is an error
    std::string user{};                 // "name:password" for the URL's own host; never printed
    std::filesystem::path ca_file{};    // PEM; empty: CURL_CA_BUNDLE, SSL_CERT_FILE, SSL_CERT_DIR, then the system's
    bool insecure = false;              // accepts any certificate: only where the user's own settings say so
    HttpMethod method = HttpMethod::get;
    std::optional<HttpBody> body{};
    // Sent to every host to which a redirect leads, too; nothing secret may be among them.
    std::map<std::string, std::string> open_headers{};
    bool as_it_lies = false;       // requests no content coding, for content that is checked by its digest
    std::uint64_t first_byte = 0;  // for stream() alone: the body from this byte on, by Range where the server can
    bool netrc = true;             // reads ~/.netrc ($NETRC) for a user where the request has none
    // Classes of addresses to which no connection may be made, for an address from a foreign document. Checked when the
    // socket is opened, so that no name and no redirect can bypass it. A proxy looks names up itself, so through a
    // proxy only the spelling of the host is checked.
    std::set<AddressClass> kept_out{};
    // A redirect may only lead to the internet or to the kind of network of the first server.
    bool redirects_stay_near = false;
    // Called before each redirect; an error ends the request.
    std::function<Result<void>(const std::string& url)> may_redirect{};
    std::function<void(const HttpPause&)> on_pause{};  // called before each retry
    // After a cut, or an answer that may pass, the caller asks how much of the body the server has and continues from
    // there. So the request is only sent again where no byte of its body has left.
    bool caller_goes_on = false;
    // How long the server may work on its answer once it was sent all; where that is longer than any silence may be.
    std::chrono::seconds until_answer{0};
};

struct HttpResponse {
    int status = 0;
    std::map<std::string, std::string> headers;  // names in lower case; the last response's
    std::string body;
    std::string final_url;  // after redirects
    // The last server's class. Behind a proxy: that of the host as it is spelled, and none for a name.
    std::optional<AddressClass> peer{};
};

struct HttpDownload {
    Digest sha256;
    std::uint64_t size = 0;
};

// How long the client waits. Tests make these shorter.
struct HttpPatience {
    std::chrono::seconds connect{30};  // for the connection, TLS included
    std::chrono::seconds stall{60};    // without a single byte arriving
    // A body that moves slower than this on average for so long counts as a connection that was cut. What the caller
    // itself takes to give or take bytes is not counted, nor what the server takes to answer.
    std::uint64_t least_speed = 1000;  // bytes a second
    std::chrono::seconds slow_for{120};
    std::chrono::milliseconds first_pause{500};      // before the first retry; each later pause is twice as long
    std::chrono::milliseconds longest_pause{30000};  // a server that asks for a longer one (Retry-After) gets no retry
};

// Takes the body of a response as it comes; an error from it ends the request and is returned.
using HttpBodySink = std::function<Result<void>(std::string_view data)>;

// Several threads may use one at once.
class Http {
  public:
    virtual ~Http() = default;

    // Any status is a response. Failures that may pass are retried (4 times, with growing pauses): failed connections,
    // 429 and 5xx. After that comes a network_error, or the response with that status. `interrupted` follows soon after
    // `stop`. A POST or a PATCH, which a server may have done in part, is sent again only where it was not accepted at
    // all: no connection, 429, 503. Redirects are followed with the method of RFC 9110 section 15.4 (303: GET without
    // the body).
    virtual Result<HttpResponse> send(const HttpRequest& request, std::stop_token stop) = 0;
    // Like send(), but the body of a response with a status of 2xx goes to `sink`; once the sink has got bytes, it
    // never gets them again from the beginning. The response's `body` is that of another status (at most 1 MiB). The
    // limit holds for both.
    virtual Result<HttpResponse> stream(const HttpRequest& request, const HttpBodySink& sink, std::stop_token stop) = 0;
    // GET, status 200 only, into `file` (made or replaced once complete). An interrupted download continues where it
    // was (Range) when the server can. The caller sets the request's `limit` to the size that it expects.
    virtual Result<HttpDownload> download(const HttpRequest& request, const std::filesystem::path& file,
                                          const std::function<void(std::uint64_t done, std::uint64_t total)>& progress,
                                          std::stop_token stop) = 0;
};

// Implements Http by libcurl; keeps connections for later requests.
class HttpClient : public Http {
  public:
    explicit HttpClient(HttpPatience patience = {});
    ~HttpClient() override;
    HttpClient(HttpClient&&) noexcept;

    Result<HttpResponse> send(const HttpRequest& request, std::stop_token stop) override;
    Result<HttpResponse> stream(const HttpRequest& request, const HttpBodySink& sink, std::stop_token stop) override;
    Result<HttpDownload> download(const HttpRequest& request, const std::filesystem::path& file,
                                  const std::function<void(std::uint64_t done, std::uint64_t total)>& progress,
                                  std::stop_token stop) override;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

// The address to which a link on the page `base` leads: http and https only, without a user part and fragment.
Result<std::string> join_url(const std::string& base, const std::string& link);

// Whether scheme, host and port are the same; a missing port is the scheme's own.
bool same_origin(const std::string& one, const std::string& other);

// Whether a request ended because it would have led to a class of addresses in its `kept_out`: no next try can help.
bool is_kept_out(const Error& error);

// The class of a URL's host where that is written in numbers; "localhost" is loopback without a look-up (RFC 6761).
std::optional<AddressClass> spelled_class(const std::string& url);

// A URL without its user part and query, for messages.
std::string printable_url(const std::string& url);

}  // namespace tmplbuild::io
