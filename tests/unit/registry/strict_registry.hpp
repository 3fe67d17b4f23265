// SPDX-License-Identifier: Apache-2.0
// A registry in memory that takes pushes and refuses what a real one refuses: pieces at a wrong offset (416), manifests
// before their blobs, wrong digests, uploads that it does not know. Cuts, faults and limits are a test's to set. For
// tests of the push, over the Http seam.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/digest.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "io/http.hpp"

namespace tmplbuild {

class StrictRegistry : public io::Http {
  public:
    // Set by tests.
    bool names_uploads = true;  // as distribution does
    bool keeps_parts = true;    // of a piece that was cut
    bool lists_tags = false;    // answers several tags in one request
    bool may_mount = true;
    std::uint64_t most_at_once = 0;           // bytes of one request; over it 416 of a PATCH, 413 of a PUT
    std::uint64_t least_piece = 0;            // told as OCI-Chunk-Min-Length
    std::set<std::uint64_t> cuts{};           // after so many bytes of bodies in all, each once
    int token_uses = 0;                       // a token lasts for so many requests; 0: none is asked for
    bool refuses_other_repositories = false;  // its token server, to who asks for more than one
    // Answers in the registry's place; none: the registry itself does. Under the lock.
    std::function<std::optional<Result<io::HttpResponse>>(const std::string& what)> instead{};
    std::function<void(const std::string& what, io::HttpResponse& response)> afterwards{};

    // Seen.
    std::vector<std::string> asked{};                              // "PATCH upload 4194304", "PUT manifests/1"
    std::map<std::string, std::map<Digest, std::string>> blobs{};  // by repository
    std::map<std::string, std::string> manifests{};                // by "me/x:1"
    std::uint64_t received = 0;                                    // bytes of bodies
    int tokens = 0;
    std::string accepted{};                  // the last request's Accept
    std::chrono::seconds closing_answer{0};  // how long the last closing PUT may take

    struct Upload {
        std::string repository, data;
        int generation = 0;  // its URL changes with every answer, and old ones are not known
    };
    std::map<std::string, Upload> uploads{};

    int count(const std::string& beginning) const {
        int out = 0;
        for (const std::string& one : asked) out += one.starts_with(beginning) ? 1 : 0;
        return out;
    }

    Result<io::HttpResponse> send(const io::HttpRequest& request, std::stop_token stop) override {
        const std::scoped_lock lock(mutex_);
        if (stop.stop_requested()) return Error{.kind = ErrorKind::interrupted, .message = "stopped"};
        std::string what = "?";
        auto answer = handle(request, what);
        if (answer && afterwards) afterwards(what, *answer);
        if (answer) answer->final_url = request.url;
        if (answer) answer->peer = io::AddressClass::open;
        return answer;
    }
    Result<io::HttpResponse> stream(const io::HttpRequest& request, const io::HttpBodySink& sink,
                                    std::stop_token stop) override {
        auto answer = send(request, std::move(stop));
        if (answer && answer->status == 200)
            if (auto taken = sink(answer->body); !taken) return taken.error();
        return answer;
    }
    Result<io::HttpDownload> download(const io::HttpRequest&, const std::filesystem::path&,
                                      const std::function<void(std::uint64_t, std::uint64_t)>&,
                                      std::stop_token) override {
        return network_error("not for pushes");
    }

  private:
    using Response = io::HttpResponse;

    static Response say(int status, std::map<std::string, std::string> headers = {}, const std::string& code = "") {
        std::string body = code.empty() ? "" : R"({"errors":[{"code":")" + code + R"(","message":"no"}]})";
        return {.status = status, .headers = std::move(headers), .body = std::move(body), .final_url = {}};
    }
    static std::string query_value(const std::string& query, const std::string& name) {
        for (const std::string& part : split(query, '&')) {
            if (!part.starts_with(name + "=")) continue;
            std::string value = part.substr(name.size() + 1);
            for (const auto& [from, to] : {std::pair{"%3A", ":"}, std::pair{"%2F", "/"}})
                for (std::size_t at; (at = value.find(from)) != std::string::npos;) value.replace(at, 3, to);
            return value;
        }
        return "";
    }

    // Takes the body into `into`, up to a cut: then false.
    bool take(const io::HttpRequest& request, std::string& into) {
        if (!request.body) return true;
        std::vector<std::byte> buffer(1 << 20);
        for (std::uint64_t at = 0; at < request.body->size;) {
            std::uint64_t most = std::min<std::uint64_t>(buffer.size(), request.body->size - at);
            if (!cuts.empty()) most = std::min(most, *cuts.begin() - received);
            if (most == 0) {
                cuts.erase(cuts.begin());
                return false;
            }
            auto got = request.body->read(at, std::span(buffer).first(most));
            if (!got) {
                fault_ = got.error();
                return false;
            }
            into.append(reinterpret_cast<const char*>(buffer.data()), *got);
            at += *got;
            received += *got;
        }
        return true;
    }
    Result<Response> cut() {
        if (fault_) return *std::exchange(fault_, std::nullopt);
        return network_error("the connection was cut");
    }

    Result<Response> handle(const io::HttpRequest& request, std::string& what) {
        const std::string method(to_string(request.method));
        if (request.url.find("/token?") != std::string::npos) {
            const auto first = request.url.find("scope=");
            if (refuses_other_repositories && request.url.find("scope=", first + 1) != std::string::npos)
                return say(403, {}, "DENIED");
            ++tokens;
            uses_left_ = token_uses;
            return Response{.status = 200,
                            .headers = {},
                            .body = R"({"token":"t)" + std::to_string(tokens) + R"(","expires_in":300})",
                            .final_url = {}};
        }
        std::string path = request.url.substr(request.url.find("/v2/") + 4);
        std::string query;
        if (const auto at = path.find('?'); at != std::string::npos) {
            query = path.substr(at + 1);
            path.resize(at);
        }
        std::string repository, rest;
        for (const char* kind : {"/blobs/uploads/", "/blobs/", "/manifests/"})
            if (const auto at = path.find(kind); rest.empty() && at != std::string::npos) {
                repository = path.substr(0, at);
                rest = path.substr(at + 1);
            }
        const bool is_upload = rest.starts_with("blobs/uploads/") && rest.size() > 14;
        what = method + " " +
               (is_upload                                              ? "upload"
                : rest.starts_with("blobs/uploads/") && !query.empty() ? "mount"
                                                                       : rest);
        if (request.body) what += " " + std::to_string(request.body->size);
        asked.push_back(what);
        const auto accept = request.open_headers.find("Accept");
        accepted = accept == request.open_headers.end() ? "" : accept->second;
        if (instead)
            if (auto answer = instead(what)) return *answer;
        if (token_uses != 0) {
            const auto at = request.headers.find("Authorization");
            if (at == request.headers.end() || at->second != "Bearer t" + std::to_string(tokens) || uses_left_-- <= 0)
                return say(401, {{"www-authenticate", R"(Bearer realm="https://auth.example.org/token",service="x")"}});
        }
        if (is_upload) return upload(request, rest.substr(14), query);
        if (rest.starts_with("blobs/uploads/")) return begin(repository, query);
        if (rest.starts_with("blobs/")) {
            auto answer = blob(repository, rest.substr(6));
            if (request.method == io::HttpMethod::get && answer->status == 200)
                answer->body = blobs[repository].at(Digest::parse(rest.substr(6)).value());
            return answer;
        }
        return manifest(request, repository, rest.substr(10), query);
    }

    Result<Response> blob(const std::string& repository, const std::string& digest) {
        const auto at = blobs[repository].find(Digest::parse(digest).value());
        if (at == blobs[repository].end()) return say(404, {}, "BLOB_UNKNOWN");
        return say(200, {{"content-length", std::to_string(at->second.size())}});
    }

    Result<Response> begin(const std::string& repository, const std::string& query) {
        const std::string wanted = query_value(query, "mount"), from = query_value(query, "from");
        if (may_mount && !wanted.empty()) {
            const Digest digest = Digest::parse(wanted).value();
            if (blobs[from].contains(digest)) {
                blobs[repository][digest] = blobs[from][digest];
                return say(201, {{"docker-content-digest", wanted}});
            }
        }
        const std::string id = "u" + std::to_string(++made_);
        uploads[id].repository = repository;
        return say(202, upload_headers(id, false));
    }
    std::map<std::string, std::string> upload_headers(const std::string& id, bool with_range) {
        const Upload& one = uploads[id];
        std::map<std::string, std::string> out{{"location", "/v2/" + one.repository + "/blobs/uploads/" + id +
                                                                "?state=" + std::to_string(one.generation)}};
        if (names_uploads) out["docker-upload-uuid"] = id;
        if (least_piece != 0) out["oci-chunk-min-length"] = std::to_string(least_piece);
        if (with_range) out["range"] = "0-" + std::to_string(one.data.empty() ? 0 : one.data.size() - 1);
        return out;
    }

    Result<Response> upload(const io::HttpRequest& request, const std::string& id, const std::string& query) {
        const auto at = uploads.find(id);
        if (at == uploads.end()) return say(404, {}, "BLOB_UPLOAD_UNKNOWN");
        Upload& one = at->second;
        const bool is_old = query_value(query, "state") != std::to_string(one.generation);
        if (request.method == io::HttpMethod::get) return say(204, upload_headers(id, true));
        if (request.method == io::HttpMethod::remove) {
            uploads.erase(at);
            return say(204);
        }
        if (is_old) return say(404, {}, "BLOB_UPLOAD_UNKNOWN");
        const std::uint64_t size = request.body ? request.body->size : 0;
        const bool is_patch = request.method == io::HttpMethod::patch;
        if (!is_patch) closing_answer = request.until_answer;
        if (most_at_once != 0 && size > most_at_once) return say(is_patch ? 416 : 413);
        if (is_patch) {
            const std::string range =
                std::to_string(one.data.size()) + "-" + std::to_string(one.data.size() + size - 1);
            const auto said = request.open_headers.find("Content-Range");
            if (said == request.open_headers.end() || said->second != range) return say(416, upload_headers(id, true));
        }
        if (!take(request, one.data)) {
            if (!keeps_parts || !is_patch) uploads.erase(at);
            return cut();
        }
        ++one.generation;
        return is_patch ? Result<Response>(say(202, upload_headers(id, true))) : close(at->first, query);
    }

    Result<Response> close(const std::string& id, const std::string& query) {
        const Digest digest = Digest::parse(query_value(query, "digest")).value();
        Upload one = std::move(uploads[id]);
        uploads.erase(id);
        if (Sha256::of(one.data) != digest) return say(400, {}, "DIGEST_INVALID");
        blobs[one.repository][digest] = std::move(one.data);
        return say(201, {{"docker-content-digest", digest.to_string()}});
    }

    Result<Response> manifest(const io::HttpRequest& request, const std::string& repository, const std::string& name,
                              const std::string& query) {
        const std::string place = repository + ":" + name;
        if (request.method == io::HttpMethod::head) {
            if (!manifests.contains(place)) return say(404, {}, "MANIFEST_UNKNOWN");
            return say(200, {{"docker-content-digest", Sha256::of(manifests[place]).to_string()}});
        }
        if (request.method == io::HttpMethod::get) {
            if (!manifests.contains(place)) return say(404, {}, "MANIFEST_UNKNOWN");
            return Response{.status = 200,
                            .headers = {{"content-type", "application/vnd.oci.image.manifest.v1+json"}},
                            .body = manifests[place],
                            .final_url = {}};
        }
        std::string text;
        if (!take(request, text)) return cut();
        const json::object document = json::parse(text, "").value().get_object();
        json::array wanted = document.at("layers").get_array();
        wanted.push_back(document.at("config"));
        for (const json::value& one : wanted)
            if (!blobs[repository].contains(Digest::parse(one.at("digest").get_string().c_str()).value()))
                return say(400, {}, "MANIFEST_BLOB_UNKNOWN");
        const std::string digest = Sha256::of(text).to_string();
        if (name.starts_with("sha256:") && name != digest) return say(400, {}, "DIGEST_INVALID");
        std::map<std::string, std::string> headers{{"docker-content-digest", digest}};
        manifests[place] = manifests[repository + ":" + digest] = text;
        std::vector<std::string> listed;
        for (const std::string& part : split(query, '&'))
            if (lists_tags && part.starts_with("tag=")) listed.push_back(part.substr(4));
        for (const std::string& tag : listed) manifests[repository + ":" + tag] = text;
        if (!listed.empty()) headers["oci-tag"] = join(listed, ", ");
        return say(201, headers);
    }

    std::mutex mutex_;
    int made_ = 0, uses_left_ = 0;
    std::optional<Error> fault_{};
};

}  // namespace tmplbuild
