// SPDX-License-Identifier: Apache-2.0
// A console without a socket, a launcher and a volume: requests go in as the gateway would send them, answers come out.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "console/policy/cookies.hpp"
#include "console/web/console.hpp"
#include "support/catch.hpp"
#include "sys/file.hpp"

namespace tmplbuild::console {

struct Asked {
    std::string method = "GET", target = "/", body{};
    HeaderList headers{};
    Phase phase = Phase::page;
    std::uint16_t port = 8765;
    std::string service{};
};

// A browser that opens a page.
inline const HeaderList page_load{
    {"accept", "text/html,*/*"}, {"sec-fetch-mode", "navigate"}, {"sec-fetch-dest", "document"}};

inline HeaderList also(HeaderList headers, const HeaderList& more) {
    headers.insert(headers.end(), more.begin(), more.end());
    return headers;
}

inline std::string header_of(const Answer& answer, const std::string& name) {
    for (const auto& [key, value] : answer.headers)
        if (key == name) return value;
    return {};
}

class ConsoleBench {
  public:
    // `ready`: the password and the tokens are known. `sessions`: what an earlier start kept.
    explicit ConsoleBench(bool no_login = false, bool ready = true, const std::string& password = "secret",
                          const std::string& sessions = {})
        : folder_(sys::TempDirectory::make("/tmp", "console-").value()) {
        if (!sessions.empty()) REQUIRE(sys::write_file_atomic(folder_.path() / "sessions", sessions, 0600));
        ConsoleSettings settings;
        settings.spec.name = "test <pod>";
        settings.spec.console_port = 8765;
        pod::Service web;
        web.name = "comfyui";
        web.port = 8188;
        web.entry = {"/", "/gallery"};
        settings.spec.services.push_back(web);
        settings.pod_id = "abc";
        settings.version = "tmplbuild test";
        std::vector<std::string> notes;
        settings.origins = OwnOrigins::of("abc", "", 8765, notes);
        settings.no_login = no_login;
        settings.launcher_folders = {folder_.path().string()};
        settings.figures.volume_worker = {"/bin/true"};
        settings.login = {.console_password = password, .jupyter_password = "", .volume_worker = {}};
        settings.login.own_folder = folder_.path().string();
        settings.token_reader = {.argv = {"/bin/true"}};
        settings.token_writer = {.argv = {"/bin/true"}};
        settings.static_files = files_;
        settings.pages = pages_;
        settings.open_api = "{\"openapi\":\"3.1.0\"}";
        console_.emplace(context_, std::move(settings));
        if (!ready) return;
        bool knows = no_login;
        console_->start([&](const Login::Found&) { knows = true; });
        while (!knows) context_.run_one();
        context_.run_for(std::chrono::milliseconds(50));  // the tokens are read
    }

    Answer ask(const Asked& asked) {
        const auto answer = begin(asked);
        wait_for([&] { return answer->has_value(); });
        return **answer;
    }
    void wait_for(const std::function<bool()>& met) {
        const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
        while (!met() && std::chrono::steady_clock::now() < until) context_.run_one_for(std::chrono::milliseconds(50));
        REQUIRE(met());
    }
    // Asks without waiting for the answer.
    std::shared_ptr<std::optional<Answer>> begin(const Asked& asked) {
        HeaderList headers = asked.headers;
        const auto names = [&](const std::string& name) {
            return std::any_of(headers.begin(), headers.end(),
                               [&](const auto& header) { return header.first == name; });
        };
        if (!names("host")) headers.emplace_back("host", host(asked.port));
        Request request = read_request({{"x-tmplbuild-phase", "page"},
                                        {"x-tmplbuild-port", std::to_string(asked.port)},
                                        {"x-tmplbuild-method", asked.method},
                                        {"x-tmplbuild-target", asked.target}},
                                       asked.body)
                              .value();
        request.headers = headers;
        request.phase = asked.phase;
        request.service = asked.service;
        auto answer = std::make_shared<std::optional<Answer>>();
        console_->handle(std::move(request), [answer](Answer one) { *answer = std::move(one); });
        return answer;
    }

    static std::string host(std::uint16_t port) { return "abc-" + std::to_string(port) + ".proxy.runpod.net"; }
    static std::string origin(std::uint16_t port) { return "https://" + host(port); }
    // The cookie of somebody who has signed in at the console.
    std::string signed_in() {
        const Answer answer = ask(
            {.method = "POST", .target = "/sign-in", .body = "password=secret", .headers = {{"origin", origin(8765)}}});
        REQUIRE(answer.status == 303);
        const std::string cookie = header_of(answer, "Set-Cookie");
        return cookie.substr(0, cookie.find(';'));
    }
    // As a restart of the console would find them. Written beside the server, so soon.
    std::string kept_sessions() {
        std::string kept;
        wait_for([&] {
            const auto text = sys::read_beginning(folder_.path() / "sessions", 1 << 20);
            if (text) kept = *text;
            return !kept.empty();
        });
        return kept;
    }
    Console& console() { return *console_; }
    boost::asio::io_context& context() { return context_; }

  private:
    sys::TempDirectory folder_;
    // "hello" as gzip has it.
    std::array<pages::StaticFile, 1> files_{
        {{"hello.css", "0123", "text/css",
          std::string_view(
              "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xcb\x48\xcd\xc9\xc9\x07\x00\x86\xa6\x10\x36\x05\x00\x00\x00",
              25)}}};
    std::array<pages::Page, 10> pages_{
        {{"status.html", "status of {{pod}} csrf={{csrf}} <form {{no_sessions}}> <script>{{state}}</script>"},
         {"sign_in.html", "sign in {{message}} return={{return}} notice={{notice}}"},
         {"starting.html", "starting {{service}}"},
         {"ticket.html", "ticket={{ticket}} to={{form_action}} csrf={{csrf}}"},
         {"opened.html", "opened return={{return}}"},
         {"link.html", "link {{shown}} to {{return}}: {{message}}"},
         {"refused.html", "refused {{status}} {{message}}"},
         {"models.html", "models"},
         {"files.html", "files"},
         {"video.html", "video {{state}}"}}};
    boost::asio::io_context context_{1};
    std::optional<Console> console_{};
};

inline std::string body_of(const Answer& answer) { return answer.body ? *answer.body : std::string(); }

// What stands between two words of a text.
inline std::string between(const std::string& text, const std::string& begin, const std::string& end) {
    const std::size_t at = text.find(begin);
    if (at == std::string::npos) return {};
    const std::size_t from = at + begin.size();
    return text.substr(from, text.find(end, from) - from);
}

}  // namespace tmplbuild::console
