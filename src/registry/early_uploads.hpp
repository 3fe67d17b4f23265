// SPDX-License-Identifier: Apache-2.0
// Layers on their way to a registry while the build that makes them goes on. The push comes afterwards, finds them
// there and sends what is missing. Used by `build -o docker://`. Never sends a manifest, and never fails a build: what
// it cannot do, the push says.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "base/progress.hpp"
#include "registry/blob_places.hpp"
#include "registry/session.hpp"
#include "store/store.hpp"

namespace tmplbuild::registry {

class EarlyUploads {
  public:
    EarlyUploads(const Client& client, const Reference& to, const Store& store, Progress& progress);
    // Stops what is on its way, so that a later push goes on with it.
    ~EarlyUploads();
    EarlyUploads(const EarlyUploads&) = delete;
    EarlyUploads& operator=(const EarlyUploads&) = delete;

    // The layer is whole in the store. Each digest once. Any thread may call it. A layer that another repository of
    // this registry is known to have is left to the push, which mounts it.
    void offer(const BuiltLayer& layer);
    // Waits until all that was offered has arrived, or something failed or `stop` was requested and nothing is sent any
    // more.
    void finish(const std::stop_token& stop);

  private:
    void work(const std::stop_token& stop);
    void send(const BuiltLayer& layer, const std::stop_token& stop);
    void give_up();  // under the lock

    Session session_;
    const Store& store_;
    Progress& progress_;
    const std::string step_;  // its name in the progress
    BlobPlaces places_;
    std::mutex mutex_;  // for everything below
    std::condition_variable_any changed_;
    std::deque<BuiltLayer> waiting_;
    std::set<Digest> offered_;
    std::size_t running_ = 0;
    std::uint64_t done_ = 0, total_ = 0, sent_ = 0;  // bytes
    bool has_failed_ = false;
    std::stop_source stop_;  // of all threads; their own would be gone one by one while the others still stop all
    std::vector<std::jthread> threads_;  // last: they end before the rest
};

}  // namespace tmplbuild::registry
