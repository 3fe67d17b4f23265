// SPDX-License-Identifier: Apache-2.0
// One finished layer as a value: its two digests, sizes and compression. Made by pack/, kept in records, read by oci/.
#pragma once

#include <cstdint>
#include <string>

#include "base/compression.hpp"
#include "base/digest.hpp"
#include "base/json.hpp"

namespace tmplbuild {

const char* to_string(Compression compression);
// OCI image-spec 1.1, layer.md: application/vnd.oci.image.layer.v1.tar[+gzip|+zstd]
std::string layer_media_type(Compression compression);
Result<Compression> compression_of(std::string_view media_type);  // OCI and Docker layer types

struct BuiltLayer {
    Digest digest;               // of the compressed blob in the store
    Digest diff_id;              // of the uncompressed tar
    std::uint64_t size = 0;      // compressed bytes
    std::uint64_t tar_size = 0;  // uncompressed bytes
    Compression compression = Compression::zstd;
    std::string comment;  // for the image's history: "kernel int8-attention sm_89"

    json::object to_json() const;
    static Result<BuiltLayer> from_json(const json::object& o);
    bool operator==(const BuiltLayer&) const = default;
};

}  // namespace tmplbuild
