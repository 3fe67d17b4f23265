// SPDX-License-Identifier: Apache-2.0
// An image as it goes to a registry: its manifest as it stands, and everything that the manifest names as blobs that
// can be opened. From the store, or from wherever the one reader of images reads. For the push. Never copies a blob.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/digest.hpp"
#include "base/reference.hpp"
#include "oci/image.hpp"
#include "oci/image_source.hpp"
#include "oci/place.hpp"
#include "registry/outgoing_blob.hpp"
#include "store/store.hpp"

namespace tmplbuild::registry {

struct PushedBlob {
    oci::Descriptor what;
    OutgoingBlob::Open open;
};

struct PushedImage {
    std::string manifest, media_type;
    Digest digest;                  // of the manifest
    std::vector<PushedBlob> blobs;  // each digest once; the configuration last

    std::uint64_t size() const;  // of everything
};

// One that a build has just made; `blobs` opens its blobs.
Result<PushedImage> image_of_build(const oci::Image& image, std::shared_ptr<const oci::Place> blobs);
// An error for a docker-archive, which has no manifest.
Result<PushedImage> image_of_source(std::shared_ptr<const oci::ImageSource> source);

}  // namespace tmplbuild::registry
