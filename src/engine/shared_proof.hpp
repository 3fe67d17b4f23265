// SPDX-License-Identifier: Apache-2.0
// The last checks of an image whose layers are partly in shared caches: made here from what came beside the layers, or
// taken from the cache where somebody made them for the very same image. Used by build.cpp.
#pragma once

#include <stop_token>
#include <string>

#include "engine/shared_cache.hpp"
#include "oci/image.hpp"

namespace tmplbuild {

// As prove_image(). Returns the cache that proved the image; empty: it was proven here. An image of which the store has
// all layers is always proven here. `cache` may be nullptr.
std::string prove_shared_image(const oci::Image& image, std::size_t base_layers, const Store& store, SharedCache* cache,
                               const std::stop_token& stop);

}  // namespace tmplbuild
