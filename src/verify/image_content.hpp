// SPDX-License-Identifier: Apache-2.0
// What the proofs read of an image: the index of every layer (from the store where it has one, else made now and kept
// there), pod.json, and the modules of its kernel variants, examined from their bytes. A layer that holds neither
// pod.json nor modules is not read again when the store has its index. Never unpacks to disk. Used by verify.cpp and by
// the last checks of a build.
#pragma once

#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "kernel/variant_proof.hpp"
#include "oci/image_source.hpp"
#include "pack/layer_indexer.hpp"
#include "verify/root_view.hpp"

namespace tmplbuild {

struct ImageContent {
    std::vector<std::unique_ptr<StoredIndex>> kept;  // the bytes of the indexes, one for each layer
    std::vector<const kernel::LayerIndex*> indexes;  // bottom first
    std::string pod_json;                            // empty: there is none
    // By path in the image, without a leading slash. Of several layers with a path, the topmost counts.
    std::map<std::string, kernel::ModuleFacts> modules;
    std::size_t layers_read = 0;
};

// `store` may be nullptr: then every layer is read, and no index is kept.
Result<ImageContent> read_image_content(const oci::ImageSource& image, const Store* store, const std::stop_token& stop);
// The same for a build that took layers from a shared cache: of a layer that the store has not, the modules' facts
// count that came with it, where there are some.
Result<ImageContent> read_built_content(const oci::ImageSource& image, const Store& store, const std::stop_token& stop);

// What the store calls the facts of a layer's modules of this version.
std::string module_facts_kind();
// Reads a layer of the store and keeps its index and the facts of its modules, where they are not there yet.
Result<void> keep_side_files(const Store& store, const BuiltLayer& layer, const std::stop_token& stop);
// Whether nothing is left to do for keep_side_files().
bool has_side_files(const Store& store, const BuiltLayer& layer);

}  // namespace tmplbuild
