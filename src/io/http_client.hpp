// SPDX-License-Identifier: Apache-2.0
// What the sources of HttpClient share: one try of a request with its redirects, and the pauses between its tries. Used
// by io/http.cpp, io/http_tries.cpp, io/http_redirects.cpp and io/http_download.cpp alone. Never reads a body.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "io/http_exchange.hpp"

namespace tmplbuild::io {

struct HttpClient::Impl {
    HttpPatience patience;
    std::mutex mutex;
    std::map<std::set<AddressClass>, std::vector<std::unique_ptr<HttpConnection>>> idle;  // under mutex

    std::unique_ptr<HttpConnection> take(const std::set<AddressClass>& kept_out) {
        const std::scoped_lock lock(mutex);
        auto& of_rule = idle[kept_out];
        if (of_rule.empty()) return std::make_unique<HttpConnection>(patience, kept_out);
        auto one = std::move(of_rule.back());
        of_rule.pop_back();
        return one;
    }
    void give_back(const std::set<AddressClass>& kept_out, std::unique_ptr<HttpConnection> one) {
        const std::scoped_lock lock(mutex);
        idle[kept_out].push_back(std::move(one));
    }

    struct Answer : HttpOutcome {
        std::string url;  // after the last redirect
    };
    // One try, redirects followed. `sink` does not get the bodies of redirects.
    Answer follow(const HttpRequest& request, const std::vector<std::string>& own_headers, bool decode,
                  const HttpSink& sink, const std::stop_token& stop);
};

// Whether another try of the request may end otherwise.
bool is_hope(const HttpRequest& request, const HttpOutcome& outcome);

// The pauses between the tries of one request.
class HttpTries {
  public:
    HttpTries(const HttpPatience& patience, std::stop_token stop) : patience_(patience), stop_(std::move(stop)) {}

    // Waits and returns true; false when no try is left or `stop` was requested.
    bool again(const HttpRequest& request, const HttpReply& reply);
    void start_over() { used_ = 0; }
    const std::stop_token& stop() const { return stop_; }

  private:
    HttpPatience patience_;
    std::stop_token stop_;
    int used_ = 0;
};

Error stopped_fetching(const std::string& url);
Error too_large(const HttpRequest& request);

}  // namespace tmplbuild::io
