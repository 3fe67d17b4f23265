// SPDX-License-Identifier: Apache-2.0
// HTTP: small documents into memory, bodies of any size streamed both ways, large files to disk with their digest on
// the way. Used for package indexes, fetched files and registries, which see `Http` alone, so that their tests answer
// by themselves. HttpClient does it by libcurl; proxies and the CA bundle come from the environment and the system, as
// for curl. Never follows a redirect to another scheme than http and https, never sends a header to another host than
// the one that it was given for.
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

// A body that goes up, read piece by piece where it lies: from its beginning again at each new try and redirect.
struct HttpBody {
    std::uint64_t size = 0;  // bytes; the server is told before the first of them
    // Fills `into` with what stands at `offset`; how much that was, at least one byte. An error ends the request.
    std::function<Result<std::size_t>(std::uint64_t offset, std::span<std::byte> into)> read;

    static HttpBody of(std::string text);
    // A part of a file, which stays as it is until the request is over.
    static Result<HttpBody> of_file(const std::filesystem::path& file, std::uint64_t offset, std::uint64_t size);
};

// Why there is a wait before a new try.
struct HttpPause {
    std::chrono::milliseconds length{};
    int status = 0;             // of the server's answer; 0: there was none
    bool is_asked_for = false;  // by the server (Retry-After)
};

struct HttpRequest {
    std::string url;
    std::map<std::string, std::string> headers{};
    std::uint64_t limit = 64ULL << 20;  // of the body, bytes; more is an error
    std::string user{};                 // "name:password" of the URL's own host; never printed
    std::filesystem::path ca_file{};    // PEM; empty: CURL_CA_BUNDLE, SSL_CERT_FILE, SSL_CERT_DIR, then the system's
    bool insecure = false;              // any certificate will do: only where the user's own settings say so
    HttpMethod method = HttpMethod::get;
    std::optional<HttpBody> body{};
    // Also sent to whatever host a redirect leads to: nothing secret.
    std::map<std::string, std::string> open_headers{};
    bool as_it_lies = false;       // no content coding is asked for: what is checked by its digest
    std::uint64_t first_byte = 0;  // stream() alone: the body from here on, by Range where the server can
    bool netrc = true;             // ~/.netrc ($NETRC) is asked for a user where the request has none
    // Where the connection may not lead, for an address that somebody else said. Judged when the socket is opened, so
    // that no name and no redirect gets round it; of a connection through a proxy, which looks names up itself, the
    // spelling of the host alone is judged.
    std::set<AddressClass> kept_out{};
    // A redirect leads to the internet or to the kind of network that the first server is in, and nowhere else.
    bool redirects_stay_near = false;
    std::function<Result<void>(const std::string& url)> may_redirect{};  // asked before each redirect; an error ends it
    std::function<void(const HttpPause&)> on_pause{};                    // told before each new try
};

struct HttpResponse {
    int status = 0;
    std::map<std::string, std::string> headers;  // names in lower case; the last response's
    std::string body;
    std::string final_url;  // after redirects
    // What answered last. Where a proxy stood between: what the spelling of its host says, none of a name.
    std::optional<AddressClass> peer{};
};

struct HttpDownload {
    Digest sha256;
    std::uint64_t size = 0;
};

// How long is waited for what. Tests make it shorter.
struct HttpPatience {
    std::chrono::seconds connect{30};                // for the connection, TLS included
    std::chrono::seconds stall{60};                  // without a single byte
    std::chrono::milliseconds first_pause{500};      // before the first new try; each next pause is twice as long
    std::chrono::milliseconds longest_pause{30000};  // a server that asks for more (Retry-After) is not asked again
};

// The body of a response as it comes; an error ends the request and comes back from it.
using HttpBodySink = std::function<Result<void>(std::string_view data)>;

// May be used by several threads at once.
class Http {
  public:
    virtual ~Http() = default;

    // Any status is a response; what may pass is tried again (4 times, growing pauses): connections that fail, 429 and
    // 5xx. After that a network_error, or the response with that status. `interrupted` soon after `stop`. A POST or a
    // PATCH, of which a server may have done a part, is sent again only where it was not taken at all: no connection,
    // 429, 503. Redirects are followed with the method that RFC 9110 section 15.4 gives (303: GET without the body).
    virtual Result<HttpResponse> send(const HttpRequest& request, std::stop_token stop) = 0;
    // As send(), but the body of a response with a status of 2xx goes to `sink`, once its first bytes are there never
    // again from the beginning; the response's own `body` is what another status said (at most 1 MiB), and the limit
    // is of both.
    virtual Result<HttpResponse> stream(const HttpRequest& request, const HttpBodySink& sink, std::stop_token stop) = 0;
    // GET, 200 only, into `file` (made or replaced once whole); a cut connection goes on where it was (Range) when the
    // server can. The caller sets the request's `limit` to what it expects.
    virtual Result<HttpDownload> download(const HttpRequest& request, const std::filesystem::path& file,
                                          const std::function<void(std::uint64_t done, std::uint64_t total)>& progress,
                                          std::stop_token stop) = 0;
};

// By libcurl; keeps connections for the next request.
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

// Where a link on the page `base` leads: http and https only, without a user part and fragment.
Result<std::string> join_url(const std::string& base, const std::string& link);

// Scheme, host and port are the same, the scheme's own port included.
bool same_origin(const std::string& one, const std::string& other);

// What the host of a URL is where it is written in numbers; "localhost" is no name to look up (RFC 6761).
std::optional<AddressClass> spelled_class(const std::string& url);

// A URL without its user part and query, for messages.
std::string printable_url(const std::string& url);

}  // namespace tmplbuild::io
