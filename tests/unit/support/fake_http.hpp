// SPDX-License-Identifier: Apache-2.0
// HTTP without a network: answers what a test told it to, by method and address, and fails the test for anything else.
// A streamed answer with the header X-Then-Cut ends in a cut connection. For tests of what asks through io::Http; how
// HTTP itself behaves is tested with a real server.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "io/http.hpp"
#include "support/catch.hpp"
#include "sys/file.hpp"

namespace tmplbuild {

class FakeHttp : public io::Http {
  public:
    // By "GET https://…".
    std::map<std::string, io::HttpResponse> answers{};
    // Asked first, for answers that depend on more than the address; none: `answers` is looked at. Under a lock.
    std::function<std::optional<Result<io::HttpResponse>>(const io::HttpRequest&)> answer_by{};

    std::vector<std::string> asked() {
        const std::scoped_lock lock(mutex_);
        return asked_;
    }

    Result<io::HttpResponse> send(const io::HttpRequest& request, std::stop_token stop) override {
        const std::string what = std::string(to_string(request.method)) + " " + request.url;
        const std::scoped_lock lock(mutex_);
        asked_.push_back(what);
        if (stop.stop_requested()) return Error{.kind = ErrorKind::interrupted, .message = "stopped"};
        if (answer_by)
            if (auto answer = answer_by(request)) {
                if (*answer && (*answer)->final_url.empty()) (*answer)->final_url = request.url;
                return std::move(*answer);
            }
        const auto found = answers.find(what);
        // No assertion: it may be asked on any thread.
        if (found == answers.end()) return network_error("the test has no answer to " + what);
        if (found->second.body.size() > request.limit) return network_error(what + " is larger than the limit");
        return found->second;
    }
    Result<io::HttpResponse> stream(const io::HttpRequest& request, const io::HttpBodySink& sink,
                                    std::stop_token stop) override {
        auto response = send(request, std::move(stop));
        if (!response || response->status < 200 || response->status > 299) return response;
        const std::uint64_t left_out = response->status == 206 ? 0 : request.first_byte;
        std::string_view body = response->body;
        body = body.substr(std::min<std::size_t>(left_out, body.size()));
        // In two pieces at least, in many of a large one.
        const std::size_t piece = std::max<std::size_t>(1, std::min<std::size_t>((body.size() + 1) / 2, 1 << 20));
        do {
            if (auto taken = sink(body.substr(0, piece)); !taken) return taken.error();
            body.remove_prefix(std::min(piece, body.size()));
        } while (!body.empty());
        response->body.clear();
        if (response->headers.contains("x-then-cut")) return network_error("the connection was cut");
        return response;
    }
    Result<io::HttpDownload> download(const io::HttpRequest& request, const std::filesystem::path& file,
                                      const std::function<void(std::uint64_t done, std::uint64_t total)>& progress,
                                      std::stop_token stop) override {
        auto response = send(request, std::move(stop));
        if (!response) return response.error();
        if (response->status != 200) return network_error("HTTP status " + std::to_string(response->status));
        if (auto written = sys::write_file_atomic(file, response->body); !written) return written.error();
        if (progress) progress(response->body.size(), response->body.size());
        return io::HttpDownload{Sha256::of(response->body), response->body.size()};
    }

  private:
    std::mutex mutex_;
    std::vector<std::string> asked_;
};

}  // namespace tmplbuild
