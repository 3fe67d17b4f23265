// SPDX-License-Identifier: Apache-2.0
#include "cache/cache_writer.hpp"

#include <ctime>
#include <utility>

#include "base/base64.hpp"
#include "io/compress.hpp"
#include "oci/place.hpp"
#include "registry/pull.hpp"
#include "registry/push.hpp"
#include "sys/clock.hpp"
#include "sys/file.hpp"

namespace tmplbuild::cache {

namespace {

std::string time_of_now() {
    const timespec now = sys::time_of_day();
    tm parts{};
    char text[32];
    ::gmtime_r(&now.tv_sec, &parts);
    return {text, std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts)};
}

Result<std::string> compressed(std::string_view content) {
    std::string out;
    io::Compressor zstd(Compression::zstd, [&](std::span<const std::byte> data) -> Result<void> {
        out.append(reinterpret_cast<const char*>(data.data()), data.size());
        return {};
    });
    if (auto written = zstd.write(std::as_bytes(std::span(content))); !written) return written.error();
    if (auto ended = zstd.finish(); !ended) return ended.error();
    return out;
}

registry::PushedBlob blob_of(const std::string& media_type, std::string text) {
    const oci::Descriptor what{media_type, Sha256::of(text), text.size(), "", "", false};
    auto kept = std::make_shared<const std::string>(std::move(text));
    return {what, [kept]() -> Result<oci::Blob> {
                auto at = std::make_shared<std::size_t>(0);
                return oci::Blob{
                    "a part of a step", kept->size(), [kept, at](std::span<std::byte> into) -> Result<std::size_t> {
                        const std::size_t size = kept->copy(reinterpret_cast<char*>(into.data()), into.size(), *at);
                        *at += size;
                        return size;
                    }};
            }};
}

// The side files of a record's layers that the store has, as blobs; `document` gets their names.
Result<std::vector<registry::PushedBlob>> side_blobs(const Store& store, const std::set<std::string>& kinds,
                                                     StepDocument& document) {
    std::vector<registry::PushedBlob> out;
    std::set<Digest> seen;
    for (const BuiltLayer& layer : document.record.layers) {
        if (!seen.insert(layer.digest).second) continue;
        for (const std::string& kind : kinds) {
            const auto content = sys::read_file(store.side_file(kind, layer.digest));
            if (!content) continue;
            auto small = compressed(*content);
            if (!small) return small.error();
            if (small->size() > side_limit) continue;
            out.push_back(blob_of(side_type, std::move(*small)));
            document.side.push_back({layer.digest, kind, out.back().what.digest, out.back().what.size});
        }
    }
    return out;
}

}  // namespace

CacheWriter::CacheWriter(Settings settings, const Store& store, Progress& progress)
    : settings_(std::move(settings)),
      store_(store),
      progress_(progress),
      session_(std::make_unique<registry::Session>(*settings_.client, settings_.repository, registry::Access::push)),
      thread_([this](const std::stop_token& stop) { work(stop); }) {}

CacheWriter::~CacheWriter() { thread_.request_stop(); }

Result<void> CacheWriter::check(const std::stop_token& stop) const {
    auto may = registry::check_access(*settings_.client, settings_.repository, stop);
    if (may || may.error().kind == ErrorKind::interrupted) return may;
    Error error = may.error();
    error.message = "nothing was made, since it is not written to the cache docker://" +
                    settings_.repository.repository_name() + ": " + error.message;
    return error;
}

void CacheWriter::offer(Offer offer) {
    const std::scoped_lock lock(mutex_);
    if (has_given_up_ || !offered_.insert(offer.record.key.digest()).second) return;
    waiting_.push_back(std::move(offer));
    changed_.notify_all();
}

Result<void> CacheWriter::finish(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    const auto is_over = [this] { return waiting_.empty() && !is_writing_; };
    if (changed_.wait(lock, stop, is_over)) return first_error_ ? Result<void>(*first_error_) : Result<void>();
    has_given_up_ = true;
    waiting_.clear();
    thread_.request_stop();
    changed_.wait(lock, is_over);
    return Error{.kind = ErrorKind::interrupted, .message = "stopped"};
}

void CacheWriter::work(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    while (changed_.wait(lock, stop, [this] { return !waiting_.empty(); })) {
        const Offer offer = std::move(waiting_.front());
        waiting_.pop_front();
        is_writing_ = true;
        lock.unlock();
        const auto written = write(offer, stop);
        lock.lock();
        is_writing_ = false;
        if (!written && written.error().kind != ErrorKind::interrupted) failed(offer.record, written.error());
        changed_.notify_all();
    }
}

// What is wrong with one step's own files is no fault of the others; a registry that does not take one takes none.
void CacheWriter::failed(const Record& record, const Error& why) {
    const bool is_of_step = why.kind != ErrorKind::network;
    Error error = why;
    error.message = "the step " + record.step + " is not written to the cache docker://" +
                    settings_.repository.repository_name() + ": " + why.message;
    progress_.message("warning: " + error.message + (why.hint.empty() ? "" : " (" + why.hint + ")") +
                      (is_of_step ? "" : "; the build goes on without writing there"));
    if (!first_error_) first_error_ = std::move(error);
    if (is_of_step) return;
    waiting_.clear();
    has_given_up_ = true;
}

// Somebody else may have written it since this build looked.
Result<bool> CacheWriter::is_there(const Offer& offer, const std::stop_token& stop) {
    const Digest key = offer.record.key.digest();
    auto found = registry::find_manifest(*session_, tag_of(key), stop);
    if (!found && found.error().kind == ErrorKind::interrupted) return found.error();
    // Some registries hide what is not there yet from who may make it: then the push has the answer.
    if (!found || !*found) return false;
    const auto artifact = parse_manifest((*found)->text, (*found)->media_type, tag_of(key));
    if (!artifact || (*found)->digest == offer.unusable) return false;
    if (signs()) {
        // What another key has signed, or none, is of no use to who has this one.
        const auto note = artifact->annotations.find(signature_note);
        const auto signature = note == artifact->annotations.end() ? std::nullopt : from_base64(note->second);
        if (!signature || !settings_.key->verify(text_to_sign(key, artifact->config.digest), *signature)) return false;
    }
    return offer.is_new ? has_blobs(*artifact, stop) : Result<bool>(true);
}

// A registry keeps what a manifest names; but its storage may lose some, and some registries' clean-ups are wrong.
Result<bool> CacheWriter::has_blobs(const oci::Artifact& artifact, const std::stop_token& stop) {
    std::set<Digest> all{artifact.config.digest};
    for (const oci::Descriptor& blob : artifact.blobs) all.insert(blob.digest);
    for (const Digest& digest : all) {
        auto there = registry::find_blob(*session_, digest, 0, stop);
        if (!there) return there.error();
        if (!*there) return false;
    }
    return true;
}

Result<void> CacheWriter::write(const Offer& offer, const std::stop_token& stop) {
    const Record& record = offer.record;
    const Digest key = record.key.digest();
    auto there = is_there(offer, stop);
    if (!there) return there.error();
    if (*there) return {};
    StepDocument document{record, {}};
    auto side = side_blobs(store_, settings_.side_kinds, document);
    if (!side) return side.error();
    std::string text = document_text(document);
    if (text.size() > document_limit) return build_error("its document is too large");
    std::map<std::string, std::string> notes{{key_note, key.to_string()},
                                             {step_note, record.step},
                                             {version_note, settings_.version},
                                             {created_note, time_of_now()}};
    if (signs()) notes[signature_note] = base64(settings_.key->sign(text_to_sign(key, Sha256::of(text))));
    registry::PushedImage image;
    image.manifest = manifest_text(document, notes);
    image.media_type = oci::manifest_type;
    image.digest = Sha256::of(image.manifest);
    std::shared_ptr<oci::Place> stored = oci::store_place(store_);
    std::set<Digest> seen;
    for (const BuiltLayer& layer : record.layers) {
        const oci::Descriptor what = descriptor_of(layer);
        if (seen.insert(layer.digest).second)
            image.blobs.push_back({what, [stored, what] { return stored->open(what); }});
    }
    for (registry::PushedBlob& blob : *side)
        if (seen.insert(blob.what.digest).second) image.blobs.push_back(std::move(blob));
    if (image.blobs.empty()) image.blobs.push_back(blob_of("", "{}"));
    image.blobs.push_back(blob_of(document_type, std::move(text)));
    const registry::PushTarget target{settings_.repository, {tag_of(key)}};
    const registry::PushContext context{*settings_.client, store_, progress_, record.step + " into the cache"};
    auto pushed = registry::push_image(image, target, context, stop);
    if (!pushed) return pushed.error();
    return {};
}

}  // namespace tmplbuild::cache
