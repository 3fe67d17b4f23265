// SPDX-License-Identifier: Apache-2.0
#include "engine/shared_cache.hpp"

#include <algorithm>
#include <utility>

#include "pack/layer_indexer.hpp"
#include "plan/sources.hpp"
#include "registry/pull.hpp"
#include "verify/image_content.hpp"

namespace tmplbuild {

namespace {

constexpr std::uint64_t small_step = 1'000'000;  // bytes of its layers
constexpr double short_step = 5;                 // seconds

class PullingSandbox : public Sandbox {
  public:
    PullingSandbox(SharedCache& cache, std::unique_ptr<Sandbox> sandbox, std::stop_token stop)
        : cache_(cache), sandbox_(std::move(sandbox)), stop_(std::move(stop)) {}

    Result<std::unique_ptr<SandboxSession>> open(const std::vector<BuiltLayer>& below,
                                                 const std::vector<SandboxMount>& mounts) override {
        if (auto pulled = cache_.pull(below, stop_); !pulled) return pulled.error();
        return sandbox_->open(below, mounts);
    }

  private:
    SharedCache& cache_;
    std::unique_ptr<Sandbox> sandbox_;
    std::stop_token stop_;
};

bool is_same(const std::vector<BuiltLayer>& a, const std::vector<BuiltLayer>& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](const BuiltLayer& one, const BuiltLayer& other) { return one.diff_id == other.diff_id; });
}

bool is_fetched(const Step& step) {
    const StepSources sources = sources_of(step);
    return sources.packages || sources.file || sources.commit || !sources.distributions.empty();
}

}  // namespace

bool is_trusted(const Record& record, const std::string& signer) {
    return signer.empty() || std::all_of(record.signers.begin(), record.signers.end(),
                                         [&](const std::string& one) { return one == signer; });
}

bool is_worth_sharing(const Step& step, const Record& record) {
    std::uint64_t size = 0;
    for (const BuiltLayer& layer : record.layers) size += layer.size;
    return size > small_step || record.seconds > short_step || step.kind().is_change || step.kind().is_compile ||
           is_fetched(step);
}

std::set<std::string> SharedCache::side_kinds() { return {layer_index_kind(), module_facts_kind()}; }

SharedCache::SharedCache(const Store& store, Progress& progress, std::shared_ptr<cache::RemoteCache> from,
                         std::unique_ptr<cache::CacheWriter> to, std::string signer)
    : store_(store),
      progress_(progress),
      from_(std::move(from)),
      layers_(store, progress, side_kinds(),
              [this](const cache::FoundRecord& record, const Digest& layer) { has_lost(record, layer); }),
      to_(std::move(to)),
      signer_(std::move(signer)) {}

cache::FoundRecord SharedCache::find(const Digest& key, const std::stop_token& stop) {
    if (!from_) return nullptr;
    cache::FoundRecord found = from_->find(key, stop).value();
    if (!found) return nullptr;
    layers_.add(found);
    remember(*found);
    return found;
}

// For `explain`, for estimates, and for later builds, once the layers are here.
void SharedCache::remember(const cache::RemoteRecord& found) {
    const std::scoped_lock lock(mutex_);
    Record record = found.record();
    if (!remembered_.insert(record.key.digest()).second) return;
    record.from = {found.cache_name(), found.signed_by};
    record.signers = {found.signed_by};
    store_.put_record(record).value();
}

void SharedCache::has_lost(const cache::FoundRecord& record, const Digest& layer) {
    const Digest key = record->record().key.digest();
    layers_.remove(record);
    from_->has_lost(*record);
    {
        const std::scoped_lock lock(mutex_);
        is_loss_noticed_ = true;
        remembered_.erase(key);
        if (!unusable_.emplace(key, record->manifest).second) return;
    }
    progress_.message("warning: the cache " + record->cache_name() + " has lost a layer of the step " +
                      record->record().step + ", which counts as not there: " + layer.to_string());
}

bool SharedCache::can_read(const std::vector<BuiltLayer>& layers) const {
    return std::all_of(layers.begin(), layers.end(), [this](const BuiltLayer& layer) { return layers_.has(layer); });
}

bool SharedCache::takes_loss(const BuildError& error) {
    const bool is_loss = std::any_of(error.errors().begin(), error.errors().end(), registry::is_lost_blob);
    const std::scoped_lock lock(mutex_);
    return is_loss && std::exchange(is_loss_noticed_, false);
}

std::vector<Step> SharedCache::look_ahead(const std::vector<Step>& steps, const std::stop_token& stop) {
    std::vector<Step> missing;
    std::vector<Digest> keys;
    for (const Step& step : steps) {
        const auto record = step.key ? store_.find_record(step.key->digest()) : std::nullopt;
        if (!step.key || (record && is_trusted(*record))) continue;
        keys.push_back(step.key->digest());
        missing.push_back(step);
    }
    if (!from_) return missing;
    from_->find_all(keys, stop).value();
    std::erase_if(missing, [&](const Step& step) { return bool(from_->find(step.key->digest(), stop).value()); });
    return missing;
}

std::unique_ptr<Sandbox> SharedCache::pulling(std::unique_ptr<Sandbox> sandbox, std::stop_token stop) {
    return std::make_unique<PullingSandbox>(*this, std::move(sandbox), std::move(stop));
}

// A step without its side files costs whoever takes it a fetch of its layers, and nothing else.
void SharedCache::write(const Record& record, const std::stop_token& stop) {
    for (const BuiltLayer& layer : record.layers) (void)keep_side_files(store_, layer, stop);
    cache::CacheWriter::Offer offer{record};
    {
        const std::scoped_lock lock(mutex_);
        const Digest key = record.key.digest();
        offer.is_new = made_.contains(key);
        if (const auto at = unusable_.find(key); at != unusable_.end()) offer.unusable = at->second;
    }
    to_->offer(std::move(offer));
}

// Only who makes the step over what the cache has below it may replace it: builders whose steps below are others would
// replace each other's for ever.
void SharedCache::note_misfit(const Record& record, const std::map<std::string, NeededStep>& needed,
                              const std::stop_token& stop) {
    if (!from_ || !record.basis) return;
    const auto found = from_->find(record.key.digest(), stop);
    if (!found || !*found || (*found)->record().basis == record.basis) return;
    for (const auto& [id, below] : needed) {
        const auto there = from_->find(below.key, stop);
        if (!there || (*there && !is_same((*there)->record().layers, below.layers))) return;
    }
    const std::scoped_lock lock(mutex_);
    unusable_.emplace(record.key.digest(), (*found)->manifest);
}

void SharedCache::made(const Step& step, const Record& record, const std::map<std::string, NeededStep>& needed,
                       const std::stop_token& stop) {
    if (!to_ || !is_worth_sharing(step, record)) return;
    {
        const std::scoped_lock lock(mutex_);
        made_.insert(record.key.digest());
    }
    note_misfit(record, needed, stop);
    const bool is_complete = std::all_of(record.layers.begin(), record.layers.end(),
                                         [&](const BuiltLayer& layer) { return has_side_files(store_, layer); });
    if (is_complete || step.kind().is_compile) write(record, stop);
}

Result<void> SharedCache::share(const Plan& plan, const std::stop_token& stop) {
    if (!to_) return {};
    for (const Step& step : plan.steps) {
        const auto record = step.key ? store_.find_record(step.key->digest()) : std::nullopt;
        // What another cache gave stays there alone, and nothing is signed that rests on what this key has not signed.
        if (record && record->from.cache.empty() && is_trusted(*record) && is_worth_sharing(step, *record))
            write(*record, stop);
    }
    return to_->finish(stop);
}

void SharedCache::finish(const std::stop_token& stop) {
    if (to_) (void)to_->finish(stop);
}

std::vector<Step> not_shared(const std::vector<Step>& steps, SharedCache* cache, const std::stop_token& stop) {
    return cache == nullptr ? steps : cache->look_ahead(steps, stop);
}

std::unique_ptr<oci::Place> blobs_of_build(const Store& store, const SharedCache* cache, const std::stop_token& stop) {
    return cache == nullptr ? oci::store_place(store) : cache->place(stop);
}

std::vector<oci::ImageName> early_outputs(const std::vector<oci::ImageName>& outputs, const SharedCache* cache) {
    std::vector<oci::ImageName> out;
    for (const oci::ImageName& output : outputs)
        if (output.kind == oci::ImageName::Kind::registry &&
            (cache == nullptr || !cache->writes_to(Reference::parse(output.reference).value().host)))
            out.push_back(output);
    return out;
}

void pull_for_outputs(const std::vector<oci::ImageName>& outputs, const std::vector<BuiltLayer>& layers,
                      SharedCache* cache, const std::stop_token& stop) {
    const bool all_pushed = std::all_of(outputs.begin(), outputs.end(), [](const oci::ImageName& output) {
        return output.kind == oci::ImageName::Kind::registry;
    });
    if (cache != nullptr && !all_pushed) cache->pull(layers, stop).value();
}

}  // namespace tmplbuild
