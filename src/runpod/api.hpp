// SPDX-License-Identifier: Apache-2.0
// The calls of RunPod's REST API v2 that templates need (openapi.json of runpod/docs, 2026-08-20): list, create,
// change. Its errors (application/problem+json) become ours, in words. Used by publish.cpp. Never shows the key, never
// sends it anywhere but to the API's own host.
#pragma once

#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "io/http.hpp"

namespace tmplbuild::runpod {

inline constexpr const char* api_address = "https://api.runpod.io";

struct RemoteTemplate {
    std::string id, name;
    json::object body;  // as the API gives it
};

class Api {
  public:
    // `http` must outlive it. `address` without a slash at its end.
    Api(io::Http& http, std::string address, std::string key)
        : http_(http), address_(std::move(address)), key_(std::move(key)) {}

    Result<std::vector<RemoteTemplate>> templates(const std::stop_token& stop) const;  // the account's own, all pages
    // Is sent once, whatever becomes of it: the API has no key that would make a second time harmless.
    Result<RemoteTemplate> create(const json::object& body, const std::stop_token& stop) const;
    // A field that is left out stays as it is.
    Result<RemoteTemplate> change(const std::string& id, const json::object& body, const std::stop_token& stop) const;

  private:
    Result<json::object> ask(io::HttpMethod method, const std::string& path, const json::object* body,
                             const std::stop_token& stop) const;

    io::Http& http_;
    std::string address_, key_;
};

}  // namespace tmplbuild::runpod
