// SPDX-License-Identifier: Apache-2.0
// A registry and its token server over FakeHttp: what each answers is a test's own, what both were asked is kept.
#pragma once

#include <string>
#include <vector>

#include "base/base64.hpp"
#include "fake_helper.hpp"
#include "registry/session.hpp"
#include "support/fake_http.hpp"

namespace tmplbuild {

struct FakeRegistry {
    FakeHttp http{};
    FakeHelper helper{};
    std::map<std::string, std::string> variables{};
    std::set<std::string> plain_http{};
    std::vector<std::string> told{};
    std::vector<io::HttpRequest> seen{};  // all requests, in order

    // Set by tests: what the registry says to a request that has this Authorization header.
    std::function<io::HttpResponse(const io::HttpRequest&, const std::string& authorization)> answer{};
    std::string challenge = R"(Bearer realm="https://auth.example.org/token",service="example")";
    std::string token_reply = R"({"token":"t1","expires_in":300})";
    int tokens = 0;
    std::optional<io::AddressClass> peer = io::AddressClass::open;

    FakeRegistry() {
        http.answer_by = [this](const io::HttpRequest& request) -> std::optional<Result<io::HttpResponse>> {
            seen.push_back(request);
            if (request.url.find("/token") != std::string::npos) {
                ++tokens;
                return io::HttpResponse{.status = 200, .headers = {}, .body = token_reply, .final_url = {}};
            }
            const auto at = request.headers.find("Authorization");
            io::HttpResponse out = answer(request, at == request.headers.end() ? "" : at->second);
            if (!out.peer) out.peer = peer;
            return out;
        };
    }
    registry::Client client() {
        const auto environment = [known = variables](const std::string& name) {
            const auto at = known.find(name);
            return at == known.end() ? std::string() : at->second;
        };
        return {.http = http,
                .runner = helper,
                .environment = environment,
                .plain_http = plain_http,
                .tell = [this](const std::string& text) { told.push_back(text); },
                .first_pause = std::chrono::milliseconds(1)};
    }
    void log_in(const std::string& host, const std::string& user_and_password) {
        variables["DOCKER_AUTH_CONFIG"] =
            R"({"auths":{")" + host + R"(":{"auth":")" + base64(user_and_password) + R"("}}})";
    }
    io::HttpResponse unauthorized() const {
        return {.status = 401,
                .headers = {{"www-authenticate", challenge}},
                .body = R"({"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]})",
                .final_url = {}};
    }
    // Answers 200 with `body` to who has one of `good`, else asks for a login.
    void protect(const std::string& body, std::set<std::string> good) {
        answer = [this, body, good = std::move(good)](const io::HttpRequest&, const std::string& authorization) {
            return good.contains(authorization)
                       ? io::HttpResponse{.status = 200, .headers = {}, .body = body, .final_url = {}}
                       : unauthorized();
        };
    }
};

}  // namespace tmplbuild
