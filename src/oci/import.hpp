// SPDX-License-Identifier: Apache-2.0
// A base image out of an OCI layout folder, into the store. The folder may come from anywhere: every document and blob
// is checked against its digest and size, and every layer's content against its diff ID, before the store has it.
// Layers keep the compression that they have. Never unpacks a layer, never follows a symlink in the folder.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/progress.hpp"
#include "oci/documents.hpp"
#include "store/store.hpp"

namespace tmplbuild::oci {

struct ImportedImage {
    Digest manifest_digest;
    std::vector<BuiltLayer> layers;  // bottom first, all in the store
    ImageConfig config;              // environment, entrypoint, command, user, directory, labels
};

// `tag` empty: the layout's only image for linux/amd64. Blobs come by hard link when nobody can change the file any
// more (ours and read-only), else by copy. A layer that was imported before is not read again.
Result<ImportedImage> import_layout(const Store& store, const std::filesystem::path& directory, const std::string& tag,
                                    const ByteProgress& progress = {});

}  // namespace tmplbuild::oci
