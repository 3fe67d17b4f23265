// SPDX-License-Identifier: Apache-2.0
// The shared caches of one build: what steps are taken from, what their layers are fetched by, and where new steps go.
// Made by cli/ for --cache-from and --cache-to; used by everything that looks for a step or reads layers. A build
// without such options has none of it. Any thread may ask.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "cache/cache_writer.hpp"
#include "cache/remote_cache.hpp"
#include "cache/remote_layers.hpp"
#include "engine/sandbox/sandbox.hpp"
#include "engine/step_context.hpp"
#include "oci/image_name.hpp"
#include "plan/plan.hpp"

namespace tmplbuild {

// Whether a record of the store may be taken: all that it rests on was made here, or was signed by the key that counts
// now, which is named by its id; empty: none does.
bool is_trusted(const Record& record, const std::string& signer);

class SharedCache {
  public:
    // The side files of layers that travel with a step: what the proofs read instead of a layer.
    static std::set<std::string> side_kinds();

    // Either may be absent. `signer`: the id of the key that must have signed what came from a cache; empty: none.
    SharedCache(const Store& store, Progress& progress, std::shared_ptr<cache::RemoteCache> from,
                std::unique_ptr<cache::CacheWriter> to, std::string signer);

    bool is_trusted(const Record& record) const { return tmplbuild::is_trusted(record, signer_); }

    // A step that the store lacks, as a cache has it. The store remembers the record, and its layers can be read from
    // then on. Throws what RemoteCache::find() returns.
    cache::FoundRecord find(const Digest& key, const std::stop_token& stop);
    // Asks for all steps that the store lacks at once, and returns those that no cache has either.
    std::vector<Step> look_ahead(const std::vector<Step>& steps, const std::stop_token& stop);

    Result<void> pull(const std::vector<BuiltLayer>& layers, const std::stop_token& stop) {
        return layers_.pull(layers, stop);
    }
    // Whether the store has them, or a cache that has not lost them.
    bool can_read(const std::vector<BuiltLayer>& layers) const;
    // Whether the error is that of a cache that has lost a layer, and this is the first question since a loss was
    // noticed. Such a step counts as a miss from then on, so that another try makes it.
    bool takes_loss(const BuildError& error);
    Result<void> pull_side_files(const std::vector<BuiltLayer>& layers, const std::stop_token& stop) {
        return layers_.pull_side_files(layers, stop);
    }
    // Must not outlive this.
    std::unique_ptr<oci::Place> place(std::stop_token stop) const { return layers_.place(std::move(stop)); }
    // A sandbox that pulls the layers below its sessions first.
    std::unique_ptr<Sandbox> pulling(std::unique_ptr<Sandbox> sandbox, std::stop_token stop);

    // A step was just made here. It is written at once where the side files of its layers are there or a compile made
    // it, else by share(): a base has large layers, and the proofs index them anyway. Where a cache has it with lost
    // layers, or made over other bytes than that cache has for `needed`, it is replaced there.
    void made(const Step& step, const Record& record, const std::map<std::string, NeededStep>& needed,
              const std::stop_token& stop);
    // An image was just proven here: others that make the same need not fetch what the proof reads.
    void proven(const Record& proof) {
        if (to_) to_->offer({proof});
    }
    // Whether new steps can be written, where they are to be.
    Result<void> check_written(const std::stop_token& stop) const { return to_ ? to_->check(stop) : Result<void>(); }
    // Writes those of the steps that are worth it and not written yet, and waits for all writes. An error is that of a
    // step that was not written, which people were told already; or of the stop.
    Result<void> share(const Plan& plan, const std::stop_token& stop);
    // Waits for the writes of what was made so far, where a build has failed and nothing is left to be made.
    void finish(const std::stop_token& stop);
    // Whether new steps go to this registry.
    bool writes_to(const std::string& host) const { return to_ && to_->repository().host == host; }

  private:
    void write(const Record& record, const std::stop_token& stop);
    void remember(const cache::RemoteRecord& found);
    void has_lost(const cache::FoundRecord& record, const Digest& layer);
    void note_misfit(const Record& record, const std::map<std::string, NeededStep>& needed,
                     const std::stop_token& stop);

    const Store& store_;
    Progress& progress_;
    std::mutex mutex_;                     // for what follows
    std::set<Digest> remembered_{};        // keys whose record from a cache is in the store
    std::set<Digest> made_{};              // keys of what this build has made
    std::map<Digest, Digest> unusable_{};  // artifacts of caches that are to be replaced, by key
    bool is_loss_noticed_ = false;
    std::shared_ptr<cache::RemoteCache> from_;
    cache::RemoteLayers layers_;
    std::unique_ptr<cache::CacheWriter> to_;
    const std::string signer_;
};

// What `build` returns; called again where a cache turns out to have lost what it named. `cache` may be nullptr.
template <class Build>
auto without_lost_steps(SharedCache* cache, const Build& build) {
    for (;;) {
        try {
            return build();
        } catch (const BuildError& error) {
            if (cache == nullptr || !cache->takes_loss(error)) throw;
        }
    }
}

// Those steps that no cache has: it is asked for all at once that the store lacks.
std::vector<Step> not_shared(const std::vector<Step>& steps, SharedCache* cache, const std::stop_token& stop);
// Where the blobs of a build's image are opened: in the store, and in its caches if it has some.
std::unique_ptr<oci::Place> blobs_of_build(const Store& store, const SharedCache* cache, const std::stop_token& stop);
// Those outputs to whose registries layers may be sent while the build goes on. Where new steps go to a cache in the
// same registry, layers are sent there once, and mounted from there.
std::vector<oci::ImageName> early_outputs(const std::vector<oci::ImageName>& outputs, const SharedCache* cache);
// Fetches what the outputs take from the store: all layers for a layout or an archive, nothing for a registry.
void pull_for_outputs(const std::vector<oci::ImageName>& outputs, const std::vector<BuiltLayer>& layers,
                      SharedCache* cache, const std::stop_token& stop);

// Whether a step is worth a place in a shared cache: over 1 MB or 5 s, or one that needs layers or anything fetched to
// be made again.
bool is_worth_sharing(const Step& step, const Record& record);

}  // namespace tmplbuild
