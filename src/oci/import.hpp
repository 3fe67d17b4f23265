// SPDX-License-Identifier: Apache-2.0
// A base image into the store, as it is. Its layers may come from anywhere: ImageSource checks every document, blob and
// content before the store has it. Layers keep the compression that they have. Never unpacks a layer.
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

// At most max_layers of them. Blobs come by hard link when nobody can change the file any more (ours and read-only),
// else by copy. A layer that was imported before is not read again.
Result<ImportedImage> import_image(const Store& store, const ImageSource& image, const ByteProgress& progress = {});

}  // namespace tmplbuild::oci
