// SPDX-License-Identifier: Apache-2.0
#include "cache/remote_layers.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <optional>
#include <thread>
#include <utility>

#include "base/text.hpp"
#include "io/decompress.hpp"
#include "registry/pull.hpp"
#include "sys/fd.hpp"

namespace tmplbuild::cache {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t pulls_at_once = 3;
constexpr std::size_t pull_buffer = 256 << 10;              // bytes
constexpr std::uint64_t side_content_limit = 512ULL << 20;  // bytes of a side file

// A cache whose bytes are not those that it named has something wrong; a connection that fails has not.
Error failed(const RemoteRecord& from, const Error& error) {
    if (registry::is_other_content(error)) return wrong_cache(from.cache_name(), error);
    return Error(error).while_doing("fetching a layer from the cache " + from.cache_name());
}

Result<void> copy_into(const oci::Blob& blob, const fs::path& file, const std::function<void(std::size_t)>& told) {
    auto to = sys::open_fd(file, O_WRONLY | O_CREAT | O_EXCL, 0600);
    if (!to) return to.error();
    std::vector<std::byte> buffer(pull_buffer);
    for (;;) {
        auto got = blob.read(buffer);
        if (!got) return got.error();
        if (*got == 0) return {};  // a stream that is cut gives what has come, and then the error
        if (auto put = sys::write_all(to->get(), std::span(buffer).first(*got), file); !put) return put;
        told(*got);
    }
}

}  // namespace

// What one call of pull() shares among its threads.
struct RemoteLayers::Pulling {
    Progress& progress;
    std::string name;  // of the work, for the progress
    std::uint64_t total = 0;
    std::atomic<std::uint64_t> done{0};
    std::mutex mutex{};
    std::optional<Error> error{};

    void add(std::size_t bytes) { progress.bytes(name, done += bytes, total); }
};

class RemoteLayers::BlobPlace : public oci::Place {
  public:
    BlobPlace(const RemoteLayers& layers, std::stop_token stop)
        : layers_(layers), stored_(oci::store_place(layers.store_)), stop_(std::move(stop)) {}

    std::string name() const override { return stored_->name(); }
    Result<std::vector<oci::Descriptor>> images(const std::string& tag) const override { return stored_->images(tag); }
    Result<std::uint64_t> size(const oci::Descriptor& wanted) const override {
        if (layers_.store_.has_blob(wanted.digest)) return stored_->size(wanted);
        const FoundRecord from = layers_.source_of(wanted.digest);
        if (!from) return stored_->size(wanted);
        // What the cache's document says, which its manifest repeats to the registry.
        for (const BuiltLayer& layer : from->record().layers)
            if (layer.digest == wanted.digest) return layer.size;
        return stored_->size(wanted);
    }
    Result<oci::Blob> open(const oci::Descriptor& wanted) const override {
        if (layers_.store_.has_blob(wanted.digest)) return stored_->open(wanted);
        const FoundRecord from = layers_.source_of(wanted.digest);
        if (!from) return stored_->open(wanted);
        auto blob = from->open(wanted, stop_);
        if (!blob) return blob;
        const auto read = [&layers = layers_, from, layer = wanted.digest,
                           inner = blob->read](std::span<std::byte> into) -> Result<std::size_t> {
            auto got = inner(into);
            if (!got && registry::is_lost_blob(got.error())) layers.lost_(from, layer);
            return got;
        };
        return oci::Blob{blob->name, blob->size, read};
    }

  private:
    const RemoteLayers& layers_;
    std::unique_ptr<oci::Place> stored_;
    std::stop_token stop_;
};

RemoteLayers::RemoteLayers(const Store& store, Progress& progress, std::set<std::string> side_kinds, Lost lost)
    : store_(store), progress_(progress), side_kinds_(std::move(side_kinds)), lost_(std::move(lost)) {}
RemoteLayers::~RemoteLayers() = default;

void RemoteLayers::add(const FoundRecord& record) {
    const std::scoped_lock lock(mutex_);
    for (const BuiltLayer& layer : record->record().layers) {
        std::vector<FoundRecord>& sources = sources_[layer.digest];
        if (std::find(sources.begin(), sources.end(), record) == sources.end()) sources.push_back(record);
    }
}

void RemoteLayers::remove(const FoundRecord& record) {
    const std::scoped_lock lock(mutex_);
    for (auto& [layer, sources] : sources_) std::erase(sources, record);
}

FoundRecord RemoteLayers::source_of(const Digest& layer) const {
    const std::scoped_lock lock(mutex_);
    const auto at = sources_.find(layer);
    return at == sources_.end() || at->second.empty() ? FoundRecord() : at->second.front();
}

bool RemoteLayers::is_missing(const BuiltLayer& layer) const {
    const auto size = store_.blob_size(layer.digest);
    return !size || *size != layer.size;
}

Result<void> RemoteLayers::pull(const std::vector<BuiltLayer>& layers, const std::stop_token& stop) {
    const std::scoped_lock one_at_a_time(pull_mutex_);
    std::map<Digest, std::pair<BuiltLayer, FoundRecord>> wanted;
    for (const BuiltLayer& layer : layers)
        if (const FoundRecord from = source_of(layer.digest); from && is_missing(layer))
            wanted.try_emplace(layer.digest, layer, from);
    if (wanted.empty()) return {};
    Pulling pulling{progress_, "layers from " + wanted.begin()->second.second->cache_name()};
    std::vector<const std::pair<BuiltLayer, FoundRecord>*> order;
    for (const auto& [digest, one] : wanted) {
        pulling.total += one.first.size;
        order.push_back(&one);
    }
    // The largest first, so that none is left alone at the end.
    std::stable_sort(order.begin(), order.end(),
                     [](const auto* a, const auto* b) { return a->first.size > b->first.size; });
    progress_.started(pulling.name, "pulling");
    const auto begin = std::chrono::steady_clock::now();
    std::atomic<std::size_t> next{0};
    const auto work = [&] {
        for (std::size_t at; (at = next.fetch_add(1)) < order.size();) {
            const auto done = pull_one(order[at]->first, order[at]->second, pulling, stop);
            if (done) continue;
            if (registry::is_lost_blob(done.error())) lost_(order[at]->second, order[at]->first.digest);
            const std::scoped_lock lock(pulling.mutex);
            if (!pulling.error) pulling.error = failed(*order[at]->second, done.error());
            next = order.size();
        }
    };
    {
        std::vector<std::jthread> threads;
        for (std::size_t i = 1; i < std::min(pulls_at_once, order.size()); ++i) threads.emplace_back(work);
        work();
    }
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    progress_.finished(pulling.name, pulling.error ? StepOutcome::failed : StepOutcome::built, seconds,
                       human_bytes(pulling.done));
    if (pulling.error) return *pulling.error;
    return {};
}

Result<void> RemoteLayers::pull_one(const BuiltLayer& layer, const FoundRecord& from, Pulling& pulling,
                                    const std::stop_token& stop) {
    auto blob = from->open(descriptor_of(layer), stop);
    if (!blob) return blob.error();
    auto file = store_.new_temp_file();
    if (!file) return file.error();
    auto copied = copy_into(*blob, *file, [&](std::size_t bytes) { pulling.add(bytes); });
    if (copied) copied = store_.adopt_hashed(*file, layer.digest);
    if (!copied) ::unlink(file->c_str());
    return copied;
}

Result<void> RemoteLayers::pull_side_files(const std::vector<BuiltLayer>& layers, const std::stop_token& stop) {
    std::vector<std::pair<const SideBlob*, FoundRecord>> wanted;
    std::set<Digest> seen;
    std::error_code unknown;
    for (const BuiltLayer& layer : layers) {
        const FoundRecord from = source_of(layer.digest);
        if (!from || !seen.insert(layer.digest).second) continue;
        for (const SideBlob& side : from->document.side)
            if (side.layer == layer.digest && side_kinds_.contains(side.kind) &&
                !fs::exists(store_.side_file(side.kind, side.layer), unknown) &&
                !fs::exists(store_.side_file(Store::given_kind(side.kind), side.layer), unknown))
                wanted.emplace_back(&side, from);
    }
    std::atomic<std::size_t> next{0};
    std::mutex mutex;
    std::optional<Error> error;
    const auto work = [&] {
        for (std::size_t at; (at = next.fetch_add(1)) < wanted.size();) {
            const auto done = pull_side(*wanted[at].first, wanted[at].second, stop);
            if (done || !registry::is_other_content(done.error())) continue;
            const std::scoped_lock lock(mutex);
            error = wrong_cache(wanted[at].second->cache_name(), done.error());
        }
    };
    {
        std::vector<std::jthread> threads;
        for (std::size_t i = 1; i < std::min(pulls_at_once, wanted.size()); ++i) threads.emplace_back(work);
        work();
    }
    if (error) return *error;
    return {};
}

Result<void> RemoteLayers::pull_side(const SideBlob& side, const FoundRecord& from, const std::stop_token& stop) {
    auto blob = from->open({side_type, side.digest, side.size, "", "", false}, stop);
    if (!blob) return blob.error();
    io::Decompressor stream(blob->read, side_content_limit, blob->name, Compression::zstd);
    std::string content;
    std::string buffer(pull_buffer, '\0');
    for (;;) {
        auto got = stream.read(std::as_writable_bytes(std::span(buffer)));
        if (!got) return got.error();
        content.append(buffer, 0, *got);
        if (*got < buffer.size()) break;
    }
    return store_.put_side_file(Store::given_kind(side.kind), side.layer, content);
}

std::unique_ptr<oci::Place> RemoteLayers::place(std::stop_token stop) const {
    return std::make_unique<BlobPlace>(*this, std::move(stop));
}

}  // namespace tmplbuild::cache
