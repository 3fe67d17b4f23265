// SPDX-License-Identifier: Apache-2.0
#include "engine/shared_proof.hpp"

#include <algorithm>

#include "engine/prove_image.hpp"

namespace tmplbuild {

std::string prove_shared_image(const oci::Image& image, std::size_t base_layers, const Store& store, SharedCache* cache,
                               const std::stop_token& stop) {
    const bool is_all_here = std::all_of(image.layers.begin(), image.layers.end(),
                                         [&](const BuiltLayer& layer) { return store.has_blob(layer.digest); });
    if (cache != nullptr && !is_all_here) {
        if (const auto proven = cache->find(proof_key(image).digest(), stop)) return proven->cache_name();
        cache->pull_side_files(image.layers, stop).value();
    }
    prove_image(image, base_layers, store, blobs_of_build(store, cache, stop), stop);
    if (cache != nullptr) cache->proven({"the proof of an image", proof_key(image), {}, {}, 0, 0, {}});
    return {};
}

}  // namespace tmplbuild
