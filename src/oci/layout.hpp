// SPDX-License-Identifier: Apache-2.0
// Writes an image into an OCI image layout folder (image-spec 1.1, image-layout.md) from the store, under a lock. The
// image is complete before index.json names it; the index is replaced by rename. Used by the builder's outputs. Never
// unpacks layers.
#pragma once

#include <filesystem>
#include <string>

#include "oci/image.hpp"

namespace tmplbuild::oci {

// Blobs come by hard link (store and layout are both read-only), or by copy across devices. Other tags of the layout
// stay; blobs that no tag needs any more are removed. Nothing is written when the layout holds the image already. Every
// blob that leaves the store is hashed (once: see CheckedBlobs), and so is the layout's own file of that name: a
// damaged one there is replaced; a damaged one in the store is an error, and the next build makes it again. The files
// of an interrupted write are completed.
Result<void> write_layout(const Store& store, const Image& image, const std::filesystem::path& directory,
                          const std::string& tag);

// The text of index.json for a layout that holds this image alone; for layouts written elsewhere.
std::string index_text(const Image& image, const std::string& tag);

}  // namespace tmplbuild::oci
