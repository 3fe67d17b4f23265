// SPDX-License-Identifier: Apache-2.0
// HTTP by libcurl: small documents into memory, large files to disk with their digest on the way. Used for package
// indexes, fetched files and registries. Proxies and the CA bundle come from the environment and the system, as for
// curl. Never follows a redirect to another scheme than http and https, never sends a header to another host than the
// one that it was given for.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "base/digest.hpp"
#include "base/error.hpp"

namespace tmplbuild::io {

struct HttpRequest {
    std::string url;
    std::map<std::string, std::string> headers{};
    std::uint64_t limit = 64ULL << 20;  // of the body, bytes; more is an error
    std::string user{};                 // "name:password" of the URL's own host; never printed
    std::filesystem::path ca_file{};    // PEM; empty: CURL_CA_BUNDLE, SSL_CERT_FILE, SSL_CERT_DIR, then the system's
    bool insecure = false;              // any certificate will do: only where the user's own settings say so
};

struct HttpResponse {
    int status = 0;
    std::map<std::string, std::string> headers;  // names in lower case; the last response's
    std::string body;
    std::string final_url;  // after redirects
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
    std::chrono::milliseconds longest_pause{30000};  // that a server may ask for (Retry-After)
};

// One client may be used by several threads at once; it keeps connections for the next request.
class HttpClient {
  public:
    explicit HttpClient(HttpPatience patience = {});
    ~HttpClient();
    HttpClient(HttpClient&&) noexcept;

    // Any status is a response; what may pass is tried again (4 times, growing pauses): connections that fail, 429 and
    // 5xx. After that a network_error, or the response with that status. `interrupted` soon after `stop`.
    Result<HttpResponse> get(const HttpRequest& request, std::stop_token stop);
    // 200 only, into `file` (made or replaced once whole); a cut connection goes on where it was (Range) when the
    // server can. The caller sets the request's `limit` to what it expects.
    Result<HttpDownload> download(const HttpRequest& request, const std::filesystem::path& file,
                                  const std::function<void(std::uint64_t done, std::uint64_t total)>& progress,
                                  std::stop_token stop);

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

// Where a link on the page `base` leads: http and https only, without a user part and fragment.
Result<std::string> join_url(const std::string& base, const std::string& link);

// A URL without its user part and query, for messages.
std::string printable_url(const std::string& url);

}  // namespace tmplbuild::io
