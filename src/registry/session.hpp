// SPDX-License-Identifier: Apache-2.0
// One repository of one registry (OCI distribution-spec 1.1): any request to it, with the login, the token and its
// renewal, the retry after a 401, the rules for redirects and pauses in one place. Pull and push are written over it.
// Never sends the login or a token to another scheme, host or port than the registry's; tokens are fetched only where
// docs/decisions/0020-where-a-realm-may-lead.md lets them be.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <stop_token>
#include <string>

#include "base/reference.hpp"
#include "io/http.hpp"
#include "registry/credentials.hpp"

namespace tmplbuild::registry {

// What the sessions of one command share.
struct Client {
    io::Http& http;
    io::ProcessRunner& runner;  // for credential helpers
    Credentials credentials{};
    std::set<std::string> plain_http{};                   // "HOST" or "HOST:PORT", as --plain-http names them
    std::function<void(const std::string& text)> tell{};  // waits and limits, one line each, from any thread
    std::chrono::milliseconds first_pause{500};           // before a cut download goes on; tests make it shorter

    // http:// instead of https://: loopback addresses, and the hosts that were named. Of a URL.
    bool may_be_plain(const std::string& url) const;
};

enum class Access { pull, push };  // push includes pull

struct Request {
    std::string path;  // beneath /v2/<repository>/, "manifests/latest"; or what location() gave
    io::HttpMethod method = io::HttpMethod::get;
    std::map<std::string, std::string> headers{};
    std::optional<io::HttpBody> body{};  // read again from its beginning at each new try
    std::uint64_t limit = 4ULL << 20;    // of the response's body, bytes
    std::uint64_t first_byte = 0;        // stream() alone, as io::HttpRequest has it
};

// May be used by several threads at once, for as long as `client` lives.
class Session {
  public:
    Session(const Client& client, Reference image, Access access);
    ~Session();
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    const Reference& image() const;
    // The repository may also read from another one of the same registry (cross-repository mounts). Before requests.
    void also_pull_from(const std::string& repository);

    // Any status but a last 401 is a response (refused() makes an error of it); tries again as io::Http does, and once
    // more with a login or a new token when the registry asks for one. A second 401 is an error.
    Result<io::HttpResponse> send(const Request& request, const std::stop_token& stop);
    // As io::Http's: bodies of 2xx to `sink`.
    Result<io::HttpResponse> stream(const Request& request, const io::HttpBodySink& sink, const std::stop_token& stop);

    // Where the response's Location leads, as a `path` for the next request: it may be another host, which then gets
    // neither login nor token, and may only be where a realm may be. An error when there is none, or none that may be.
    Result<std::string> location(const io::HttpResponse& response) const;

    // The error of a response that is not what was hoped for: `what` "'…' cannot be read".
    Error refused(const std::string& what, const io::HttpResponse& response) const;
    const Client& client() const;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace tmplbuild::registry
