// SPDX-License-Identifier: Apache-2.0
// What a build, a plan and a matrix ask of caches that other machines share: is a step of this key there? Asking moves
// a few kilobytes and no layer. The engine and its tests make what answers. Never writes into a cache.
#pragma once

#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "base/reference.hpp"
#include "cache/step_document.hpp"
#include "oci/place.hpp"

namespace tmplbuild::cache {

// A step that a cache has. Its layers are in `repository`, and are pulled only if somebody must read them.
struct RemoteRecord {
    StepDocument document;
    Reference repository;
    Digest manifest;          // the artifact's, whatever its tag comes to mean
    std::string signed_by{};  // the id of the key by which it was checked; empty: no key was given
    // Opens one of its blobs, as oci::Place does. The stream ends only when size and digest are right.
    std::function<Result<oci::Blob>(const oci::Descriptor& blob, const std::stop_token& stop)> open{};

    const Record& record() const { return document.record; }
    std::string cache_name() const { return "docker://" + repository.repository_name(); }
};
using FoundRecord = std::shared_ptr<const RemoteRecord>;  // none: no cache has it

// The error for a cache that has something wrong, which is `what`.
Error wrong_cache(const std::string& cache, Error what);

class RemoteCache {
  public:
    virtual ~RemoteCache() = default;
    // Each key is looked for once; from then on the answer stays. Any thread may ask. An error is that of a cache that
    // has something wrong under the key; a cache that cannot be asked counts as one that has nothing.
    virtual Result<FoundRecord> find(const Digest& key, const std::stop_token& stop) = 0;
    // Looks for all of them at once, so that find() has the answers. An error is the first of find()'s.
    virtual Result<void> find_all(const std::vector<Digest>& keys, const std::stop_token& stop) = 0;
    // The record's cache does not have the blobs that it names: from now on find() looks for its key in the others.
    virtual void has_lost(const RemoteRecord& record) = 0;
};

}  // namespace tmplbuild::cache
