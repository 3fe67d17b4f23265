// SPDX-License-Identifier: Apache-2.0
// Takes a base image into the store unchanged. Its layers may come from anywhere: ImageSource checks every document,
// blob and content before the store has it. Layers keep their compression. Used by the base step. Never unpacks a
// layer.
#pragma once

#include <vector>

#include "base/progress.hpp"
#include "oci/image_source.hpp"
#include "store/store.hpp"

namespace tmplbuild::oci {

struct ImportedImage {
    Digest manifest_digest;
    std::vector<BuiltLayer> layers;  // bottom first, all in the store
    ImageConfig config;              // environment, entrypoint, command, user, directory, labels
};

// Takes at most max_layers layers. Blobs come by hard link when nobody can change the file any more (it is ours and
// read-only), else by copy. A layer that was imported before is not read again. Those of a remote image come three at
// once, and what has come of one stays for a later call; where one fails for good, the others are stopped; `progress`
// is called by any of their threads, one at a time.
Result<ImportedImage> import_image(const Store& store, const ImageSource& image, const ByteProgress& progress = {});

}  // namespace tmplbuild::oci
