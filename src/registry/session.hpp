// SPDX-License-Identifier: Apache-2.0
// Requests to one repository of one registry (OCI distribution-spec 1.1), with the login, the token and its renewal,
// the retry after a 401, and the rules for redirects and pauses in one place. Used by everything that pulls or pushes.
// Never sends the login or a token to another scheme, host or port than the registry's; tokens are fetched only where
// docs/decisions/0020-where-a-realm-may-lead.md permits it.
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
#include "registry/pull_rules.hpp"

namespace tmplbuild::registry {

// State that the sessions of one command share.
struct Client {
    io::Http& http;
    io::ProcessRunner& runner;           // for credential helpers
    Environment environment{};           // where the logins are found, once one is asked for; none: as nobody
    std::set<std::string> plain_http{};  // "HOST" or "HOST:PORT": the hosts for which the user permits http
    std::function<void(const std::string& text)> tell{};  // reports waits and limits, one line each, from any thread
    std::function<Result<PullRules>()> pull_rules{};      // of this machine, once they are needed; none: no mirrors
    std::chrono::milliseconds first_pause{500};  // before an interrupted download is continued; tests make it shorter

    // Whether a URL may have http:// instead of https://: loopback addresses, and the hosts in plain_http.
    bool may_be_plain(const std::string& url) const;
};

enum class Access { pull, push };  // push includes pull

struct Request {
    std::string path;  // beneath /v2/<repository>/, "manifests/latest"; or a result of location()
    io::HttpMethod method = io::HttpMethod::get;
    std::map<std::string, std::string> headers{};
    std::optional<io::HttpBody> body{};    // read again from its beginning at each retry
    std::uint64_t limit = 4ULL << 20;      // of the response's body, bytes
    std::uint64_t first_byte = 0;          // for stream() alone, as in io::HttpRequest
    bool caller_goes_on = false;           // as in io::HttpRequest
    std::chrono::seconds until_answer{0};  // the same
};

// Several threads may use one at once, as long as `client` lives.
class Session {
  public:
    Session(const Client& client, Reference image, Access access);
    ~Session();
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    const Reference& image() const;
    // Allows reads from another repository of the same registry (cross-repository mounts). To be called before any
    // request.
    void also_pull_from(const std::string& repository);

    // Any status but a last 401 is a response (refused() makes an error of it). Retries as io::Http does, and once more
    // with a login or a new token when the registry asks for one. A second 401 is an error.
    Result<io::HttpResponse> send(const Request& request, const std::stop_token& stop);
    // Like io::Http's: bodies of 2xx go to `sink`.
    Result<io::HttpResponse> stream(const Request& request, const io::HttpBodySink& sink, const std::stop_token& stop);

    // The address in the response's Location, as a `path` for the next request. It may be on another host, which then
    // gets neither login nor token, and it must be where a realm may be. An error when there is none, or one that is
    // not permitted.
    Result<std::string> location(const io::HttpResponse& response) const;

    // The error for an unexpected response; `what` is "'…' cannot be read".
    Error refused(const std::string& what, const io::HttpResponse& response) const;
    const Client& client() const;
    // Whether a request ended in an error because no login or token was got that the registry takes.
    bool is_login_refused() const;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace tmplbuild::registry
