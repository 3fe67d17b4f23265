// SPDX-License-Identifier: Apache-2.0
// A finished step as tests keep it in a cache, and a registry over FakeHttp that has what a test puts into it.
#pragma once

#include <map>
#include <string>

#include "cache/step_document.hpp"
#include "registry/fake_registry.hpp"

namespace tmplbuild {

inline CanonicalKey key_of(const std::string& name) {
    CanonicalKey key;
    key.add("name", std::string_view(name));
    return key;
}

inline cache::StepDocument document_of(const std::string& step, const std::vector<std::string>& layers = {"layer"}) {
    Record record{step, key_of(step), {}, {{"fact", 1}}, 12.5, 1 << 20};
    for (const std::string& content : layers)
        record.layers.push_back({Sha256::of(content), Sha256::of("tar of " + content), content.size(),
                                 content.size() + 7, Compression::zstd, "made of " + content});
    return {std::move(record), {}};
}

// Repositories of steps in memory, read-only; each question is kept.
struct CacheRegistry {
    FakeRegistry fake{};
    std::map<std::string, std::string> texts{};  // by "me/cache/manifests/step-…" or "me/cache/blobs/sha256:…"
    std::map<std::string, int> statuses{};       // by repository: the status of every answer
    std::vector<std::string> asked{};            // the same names
    std::string media_type = oci::manifest_type;

    CacheRegistry() {
        fake.answer = [this](const io::HttpRequest& request, const std::string&) {
            const std::string name = request.url.substr(request.url.find("/v2/") + 4);
            asked.push_back(name);
            for (const auto& [repository, status] : statuses)
                if (name.starts_with(repository + "/")) return say(status, "{}");
            const auto at = texts.find(name);
            return at == texts.end() ? say(404, "{}") : say(200, at->second);
        };
    }
    io::HttpResponse say(int status, std::string body) const {
        return {.status = status, .headers = {{"content-type", media_type}}, .body = std::move(body), .final_url = {}};
    }
    void put(const std::string& repository, const Digest& key, const std::string& manifest,
             const std::string& document) {
        texts[repository + "/manifests/" + cache::tag_of(key)] = manifest;
        texts[repository + "/blobs/" + Sha256::of(document).to_string()] = document;
    }
    void put(const std::string& repository, const cache::StepDocument& step) {
        put(repository, step.record.key.digest(), cache::manifest_text(step, {}), cache::document_text(step));
    }
};

}  // namespace tmplbuild
