// SPDX-License-Identifier: Apache-2.0
// Writes an image as one file: oci-archive (a tar of an OCI layout) or docker-archive (what `docker load` takes). It is
// written in one pass from the store, and every blob is checked against its digest on the way. A file appears by
// rename; a pipe or a character device is written through; equal images give equal bytes. Used by the builder's
// outputs. Needs no disk beyond the file itself.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "base/progress.hpp"
#include "oci/image.hpp"

namespace tmplbuild::oci {

// A tar of image-spec 1.1, image-layout.md: oci-layout, index.json (one manifest, tagged `tag`), blobs by digest.
Result<void> write_oci_archive(const Store& store, const Image& image, const std::filesystem::path& file,
                               const std::string& tag, const ByteProgress& progress);

// The form of moby's image/tarexport, as containers/image writes it (docker-archive transport): manifest.json,
// <config>.json and each layer as an uncompressed <diff ID>.tar. `reference` ("name:tag") goes into RepoTags; empty: no
// name.
Result<void> write_docker_archive(const Store& store, const Image& image, const std::filesystem::path& file,
                                  const std::string& reference, const ByteProgress& progress);

}  // namespace tmplbuild::oci
