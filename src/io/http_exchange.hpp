// SPDX-License-Identifier: Apache-2.0
// One HTTP request and its response over a kept connection, without redirects and retries: the part of
// HttpClient that uses libcurl. Used by HttpClient alone. Never prints, never sleeps.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "io/http.hpp"

namespace tmplbuild::io {

struct HttpReply {
    int status = 0;
    std::map<std::string, std::string> headers;  // names in lower case; several of one name are joined by ", "
};

struct HttpHop {
    std::string url;  // http or https, without a user part
    std::vector<std::string> headers;
    std::string user;  // "name:password", or empty
    std::filesystem::path ca_file;
    bool insecure = false;
    bool decode = false;  // undo the content codings that libcurl knows
    HttpMethod method = HttpMethod::get;
    const HttpBody* body = nullptr;
    bool netrc = true;
    bool caller_goes_on = false;           // as HttpRequest has it
    std::chrono::seconds until_answer{0};  // as HttpRequest has it
};

// Takes bytes of the body as they come, with the reply to which they belong; an error from it ends the exchange.
using HttpSink = std::function<Result<void>(const HttpReply& reply, std::string_view data)>;

struct HttpOutcome {
    HttpReply reply;
    std::optional<Error> failure;        // none: the body is complete
    bool may_pass = false;               // a retry may work
    bool not_sent = false;               // there was no connection, so the server has got nothing of it
    std::uint64_t body_sent = 0;         // bytes of the request's body that left
    std::optional<AddressClass> peer{};  // that of HttpResponse
};

class HttpConnection {
  public:
    // `kept_out` holds for all exchanges of the connection, so that a connection which is kept open was checked by it.
    HttpConnection(const HttpPatience& patience, std::set<AddressClass> kept_out);
    ~HttpConnection();
    HttpConnection(const HttpConnection&) = delete;
    HttpConnection& operator=(const HttpConnection&) = delete;

    HttpOutcome exchange(const HttpHop& hop, const HttpSink& sink, const std::stop_token& stop);

  private:
    struct Handles;
    std::unique_ptr<Handles> handles_;
    HttpPatience patience_;
    std::set<AddressClass> kept_out_;
};

// Where a response leads, compared with `from`. `same_origin`: scheme, host and port are the same. Any scheme other
// than http and https is an error.
struct HttpTarget {
    std::string url;   // without a user part and fragment
    std::string user;  // "name:password" that stood in the URL; empty: none
    bool same_origin = false;
};
Result<HttpTarget> http_target(const std::string& from, const std::string& to);

}  // namespace tmplbuild::io
