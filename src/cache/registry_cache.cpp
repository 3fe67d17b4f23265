// SPDX-License-Identifier: Apache-2.0
#include "cache/registry_cache.hpp"

#include <algorithm>
#include <atomic>
#include <thread>
#include <utility>

#include "base/base64.hpp"
#include "registry/blob_places.hpp"
#include "registry/blob_stream.hpp"
#include "registry/pull.hpp"

namespace tmplbuild::cache {

namespace {

constexpr std::size_t questions_at_once = 8;

}  // namespace

Error wrong_cache(const std::string& cache, Error what) {
    what.kind = ErrorKind::network;
    what.message = "the cache " + cache + " has something wrong: " + what.message;
    what.hint =
        "whoever writes a cache is trusted like the builder: find out who wrote this; a build without this "
        "--cache-from does not read it";
    return what;
}

struct RegistryCache::Source {
    Source(const registry::Client& client, const Reference& where)
        : session(std::make_shared<registry::Session>(client, where, registry::Access::pull)) {}

    std::string name() const { return "docker://" + session->image().repository_name(); }
    Error lies(Error what) const { return wrong_cache(name(), std::move(what)); }

    std::shared_ptr<registry::Session> session;
    bool is_out = false;
    int unsigned_steps = 0;
    bool is_unsigned_told = false;
};

RegistryCache::RegistryCache(Settings settings) : settings_(std::move(settings)) {
    for (const Reference& where : settings_.repositories)
        sources_.push_back(std::make_unique<Source>(*settings_.client, where));
}
RegistryCache::~RegistryCache() = default;

Result<FoundRecord> RegistryCache::find(const Digest& key, const std::stop_token& stop) {
    auto answer = answer_of(key, stop);
    note_places();
    return answer;
}

Result<FoundRecord> RegistryCache::answer_of(const Digest& key, const std::stop_token& stop) {
    {
        const std::scoped_lock lock(mutex_);
        if (const auto at = answers_.find(key); at != answers_.end()) return at->second;
    }
    auto answer = look(key, stop);
    if (!answer && answer.error().kind == ErrorKind::interrupted) return answer;
    const std::scoped_lock lock(mutex_);
    // Where two asked at once, the first answer stays.
    const auto [at, is_new] = answers_.emplace(key, std::move(answer));
    if (is_new && at->second && *at->second) unnoted_.push_back(*at->second);
    return at->second;
}

Result<void> RegistryCache::find_all(const std::vector<Digest>& keys, const std::stop_token& stop) {
    std::atomic<std::size_t> next{0};
    const auto work = [&] {
        for (;;) {
            const std::size_t at = next.fetch_add(1);
            if (at >= keys.size() || stop.stop_requested()) return;
            (void)answer_of(keys[at], stop);
        }
    };
    {
        std::vector<std::jthread> threads;
        for (std::size_t i = 1; i < std::min(questions_at_once, keys.size()); ++i) threads.emplace_back(work);
        work();
    }
    note_places();
    tell_unsigned();
    for (const Digest& key : keys)
        if (auto answer = answer_of(key, stop); !answer) return answer.error();
    return {};
}

void RegistryCache::has_lost(const RemoteRecord& record) {
    const Digest key = record.record().key.digest();
    const std::scoped_lock lock(mutex_);
    lost_.emplace(record.cache_name(), key);
    answers_.erase(key);
}

Result<FoundRecord> RegistryCache::look(const Digest& key, const std::stop_token& stop) {
    for (const auto& source : sources_) {
        {
            const std::scoped_lock lock(mutex_);
            if (source->is_out || lost_.contains({source->name(), key})) continue;
        }
        auto answer = ask(*source, key, stop);
        if (!answer || *answer) return answer;
    }
    return FoundRecord();
}

// None where the repository does not have it, or cannot be asked.
Result<FoundRecord> RegistryCache::ask(Source& source, const Digest& key, const std::stop_token& stop) {
    const auto failed = [&](const Error& error) -> Result<FoundRecord> {
        if (error.kind == ErrorKind::interrupted) return error;
        if (registry::is_other_content(error)) return source.lies(error);
        leave_out(source, error);
        return FoundRecord();
    };
    auto found = registry::find_manifest(*source.session, tag_of(key), stop);
    if (!found) return failed(found.error());
    if (!*found) return FoundRecord();
    const std::string name = source.name() + ":" + tag_of(key);
    const auto artifact = parse_manifest((*found)->text, (*found)->media_type, name);
    if (!artifact) return source.lies(artifact.error());
    // Before anything else that it says is believed.
    if (!is_signed(key, *artifact)) {
        const std::scoped_lock lock(mutex_);
        ++source.unsigned_steps;
        return FoundRecord();
    }
    std::string text;
    const auto take = [&](std::string_view data) -> Result<void> {
        text += data;
        return {};
    };
    const oci::Descriptor& config = artifact->config;
    if (auto got = registry::fetch_blob(*source.session, config.digest, config.size, take, stop); !got) {
        if (!registry::is_lost_blob(got.error())) return failed(got.error());
        settings_.warn("the cache " + source.name() +
                       " has lost the document of a step, which counts as not there: " + tag_of(key));
        return FoundRecord();
    }
    auto document = parse_document(text, key, *artifact, name);
    if (!document) return source.lies(document.error());
    // The session refers to the client.
    const auto open = [client = settings_.client, session = source.session](
                          const oci::Descriptor& blob, const std::stop_token& until) -> Result<oci::Blob> {
        auto stream = std::make_shared<registry::BlobStream>(session, blob.digest, blob.size, until);
        return oci::Blob{"docker://" + session->image().repository_name() + "@" + blob.digest.to_string(), blob.size,
                         [stream](std::span<std::byte> into) { return stream->read(into); }};
    };
    return std::make_shared<const RemoteRecord>(
        RemoteRecord{std::move(*document), source.session->image(), (*found)->digest,
                     settings_.key ? settings_.key->id().to_string() : "", open});
}

void RegistryCache::leave_out(Source& source, const Error& why) {
    {
        const std::scoped_lock lock(mutex_);
        if (std::exchange(source.is_out, true)) return;
    }
    const std::string text = "the cache " + source.name() + " is not used: " + why.message;
    (settings_.unanswered ? settings_.unanswered : settings_.warn)(text);
}

bool RegistryCache::is_signed(const Digest& key, const oci::Artifact& artifact) const {
    if (!settings_.key) return true;
    const auto note = artifact.annotations.find(signature_note);
    const auto signature = note == artifact.annotations.end() ? std::nullopt : from_base64(note->second);
    return signature && settings_.key->verify(text_to_sign(key, artifact.config.digest), *signature);
}

void RegistryCache::tell_unsigned() {
    std::vector<std::string> lines;
    {
        const std::scoped_lock lock(mutex_);
        for (const auto& source : sources_) {
            if (source->unsigned_steps == 0 || std::exchange(source->is_unsigned_told, true)) continue;
            const int count = source->unsigned_steps;
            lines.push_back((count == 1 ? "1 step of the cache " : std::to_string(count) + " steps of the cache ") +
                            source->name() + (count == 1 ? " is" : " are") +
                            " not signed by the key of --cache-key, and count as not there");
        }
    }
    for (const std::string& line : lines) settings_.warn(line);
}

void RegistryCache::note_places() {
    std::vector<FoundRecord> found;
    {
        const std::scoped_lock lock(mutex_);
        found.swap(unnoted_);
    }
    if (settings_.places == nullptr) return;
    std::map<std::string, std::pair<Reference, std::vector<Digest>>> by_repository;
    for (const FoundRecord& one : found) {
        auto& [where, blobs] =
            by_repository.try_emplace(one->cache_name(), one->repository, std::vector<Digest>()).first->second;
        for (const BuiltLayer& layer : one->record().layers) blobs.push_back(layer.digest);
    }
    for (const auto& [name, place] : by_repository) registry::note_blobs(*settings_.places, place.first, place.second);
}

}  // namespace tmplbuild::cache
