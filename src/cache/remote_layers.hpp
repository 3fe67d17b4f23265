// SPDX-License-Identifier: Apache-2.0
// The layers of the steps that shared caches had, for one build: known from the start, and fetched only when somebody
// must read them. A push to the cache's own registry mounts them, one to another registry streams them. Any thread may
// ask. Never fetches what the store has.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "base/progress.hpp"
#include "cache/remote_cache.hpp"
#include "oci/place.hpp"
#include "store/store.hpp"

namespace tmplbuild::cache {

class RemoteLayers {
  public:
    // `side_kinds`: the side files of layers that are taken, as the store calls them. `lost` is told of a record whose
    // cache turns out not to have its layer, from any thread, before the error comes that says so.
    using Lost = std::function<void(const FoundRecord& record, const Digest& layer)>;
    RemoteLayers(const Store& store, Progress& progress, std::set<std::string> side_kinds, Lost lost);
    ~RemoteLayers();
    RemoteLayers(const RemoteLayers&) = delete;
    RemoteLayers& operator=(const RemoteLayers&) = delete;

    void add(const FoundRecord& record);
    // Its layers are not had from it any more.
    void remove(const FoundRecord& record);
    // Whether the layer is in the store, or a cache is to have it.
    bool has(const BuiltLayer& layer) const { return !is_missing(layer) || source_of(layer.digest); }
    // Puts those layers into the store that are not there and that a cache has; others are left alone.
    Result<void> pull(const std::vector<BuiltLayer>& layers, const std::stop_token& stop);
    // The same for their side files, which the store keeps apart as Store::given_kind(). A file that cannot be had is
    // left out: whoever needs it makes it from the layer.
    Result<void> pull_side_files(const std::vector<BuiltLayer>& layers, const std::stop_token& stop);
    // Opens blobs of the store, and those of the caches that the store does not have. Must not outlive this.
    std::unique_ptr<oci::Place> place(std::stop_token stop) const;

  private:
    class BlobPlace;
    struct Pulling;
    FoundRecord source_of(const Digest& layer) const;
    bool is_missing(const BuiltLayer& layer) const;
    Result<void> pull_one(const BuiltLayer& layer, const FoundRecord& from, Pulling& pulling,
                          const std::stop_token& stop);
    Result<void> pull_side(const SideBlob& side, const FoundRecord& from, const std::stop_token& stop);

    const Store& store_;
    Progress& progress_;
    const std::set<std::string> side_kinds_;
    const Lost lost_;
    std::mutex pull_mutex_;     // one pull at a time: a second one finds what the first has brought
    mutable std::mutex mutex_;  // for sources_
    std::map<Digest, std::vector<FoundRecord>> sources_{};  // by layer; the first one is taken
};

}  // namespace tmplbuild::cache
