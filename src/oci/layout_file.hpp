// SPDX-License-Identifier: Apache-2.0
// The parts of an OCI layout, in a folder or in a tar (image-spec 1.1, image-layout.md): oci-layout, index.json and the
// names of blobs. Used by the readers and writers of layouts. Never touches the disk.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/digest.hpp"
#include "base/error.hpp"

namespace tmplbuild::oci {

inline constexpr const char* layout_file = "oci-layout";
inline constexpr const char* layout_text = R"({"imageLayoutVersion":"1.0.0"})";
inline constexpr std::uint64_t layout_file_limit = 4096;  // bytes
inline constexpr const char* ref_name = "org.opencontainers.image.ref.name";

// An error unless the text of an oci-layout file has the version that we read. `name` is for the error.
Result<void> check_layout_file(std::string_view text, const std::string& name);
std::string blob_path(const Digest& digest);  // "blobs/sha256/…"

}  // namespace tmplbuild::oci
