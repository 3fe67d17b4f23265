// SPDX-License-Identifier: Apache-2.0
// One HTTP request and its response over a kept connection, without redirects and without new tries: the part of
// io/http.cpp that knows libcurl. Used by HttpClient alone. Never prints, never sleeps.
#pragma once

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
};

// Body bytes as they come, with the reply that they belong to; an error ends the exchange.
using HttpSink = std::function<Result<void>(const HttpReply& reply, std::string_view data)>;

struct HttpOutcome {
    HttpReply reply;
    std::optional<Error> failure;        // none: the body came whole
    bool may_pass = false;               // the failure may be over at a next try
    bool not_sent = false;               // there was no connection, so the server has seen nothing of it
    std::optional<AddressClass> peer{};  // as HttpResponse has it
};

class HttpConnection {
  public:
    // `kept_out` is of all its exchanges, so that what it keeps open was judged by it.
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

// Where a response leads, in the terms of `from`. `same_origin`: scheme, host and port are the same. An error for any
// other scheme than http and https.
struct HttpTarget {
    std::string url;   // without a user part and fragment
    std::string user;  // "name:password" that stood in the URL; empty: none
    bool same_origin = false;
};
Result<HttpTarget> http_target(const std::string& from, const std::string& to);

}  // namespace tmplbuild::io
