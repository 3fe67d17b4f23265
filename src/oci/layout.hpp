// SPDX-License-Identifier: Apache-2.0
// An OCI image layout folder (image-spec 1.1, image-layout.md): written from the store, and read back. An image in it
// is whole before index.json names it; the index is replaced by rename. Never unpacks layers.
#pragma once

#include <filesystem>
#include <string>

#include "base/json.hpp"
#include "oci/image.hpp"

namespace tmplbuild::oci {

// Blobs come by hard link (store and layout are both read-only), by copy across devices. Other tags of the layout
// stay; blobs that no tag needs any more go. Writes nothing when the layout holds the image already.
Result<void> write_layout(const Store& store, const Image& image, const std::filesystem::path& directory,
                          const std::string& tag);

// The two small files of a layout that holds this image alone, for those who write one elsewhere.
inline constexpr const char* layout_text = R"({"imageLayoutVersion":"1.0.0"})";
std::string index_text(const Image& image, const std::string& tag);

struct LayoutImage {
    Digest manifest_digest;
    std::uint64_t size = 0;  // manifest, config and layers
    json::object manifest, config;
    std::string annotation(std::string_view name) const;  // of the manifest; empty when absent
};
// `tag` empty: the layout's only image. Manifest and config are checked against their digests.
Result<LayoutImage> read_layout(const std::filesystem::path& directory, const std::string& tag);

}  // namespace tmplbuild::oci
