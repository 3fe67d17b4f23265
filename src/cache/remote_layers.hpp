// SPDX-License-Identifier: Apache-2.0
// The layers of the steps that shared caches had, for one build: known from the start, and fetched only when somebody
// must read them. A push to the cache's own registry mounts them, one to another registry streams them. Any thread may
// ask. Never fetches what the store has.
#pragma once

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
    // `side_kinds`: the side files of layers that are taken, as the store calls them.
    RemoteLayers(const Store& store, Progress& progress, std::set<std::string> side_kinds);
    ~RemoteLayers();
    RemoteLayers(const RemoteLayers&) = delete;
    RemoteLayers& operator=(const RemoteLayers&) = delete;

    void add(const FoundRecord& record);
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
    std::mutex pull_mutex_;                    // one pull at a time: a second one finds what the first has brought
    mutable std::mutex mutex_;                 // for sources_
    std::map<Digest, FoundRecord> sources_{};  // by layer
};

}  // namespace tmplbuild::cache
