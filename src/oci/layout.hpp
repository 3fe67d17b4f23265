// SPDX-License-Identifier: Apache-2.0
// An OCI image layout folder (image-spec 1.1, image-layout.md): written from the store, under a lock. An image in it is
// whole before index.json names it; the index is replaced by rename. Never unpacks layers.
#pragma once

#include <filesystem>
#include <string>

#include "oci/image.hpp"

namespace tmplbuild::oci {

// Blobs come by hard link (store and layout are both read-only), by copy across devices. Other tags of the layout
// stay; blobs that no tag needs any more go. Writes nothing when the layout holds the image already.
// Every blob that leaves the store is hashed (once: see CheckedBlobs), and so is what lies in the layout under its
// name: a damaged one there is replaced, a damaged one in the store is an error, and the next build makes it again.
// What a write that was cut off left of a layout is gone on with.
Result<void> write_layout(const Store& store, const Image& image, const std::filesystem::path& directory,
                          const std::string& tag);

// The index of a layout that holds this image alone, for those who write one elsewhere.
std::string index_text(const Image& image, const std::string& tag);

}  // namespace tmplbuild::oci
