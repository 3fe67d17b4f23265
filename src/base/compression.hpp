// SPDX-License-Identifier: Apache-2.0
// The ways in which a layer's tar may be packed (OCI image-spec 1.1, layer.md): what a template chooses, what packs and
// unpacks, and what a layer's media type says. One list for all of them.
#pragma once

namespace tmplbuild {

enum class Compression { none, gzip, zstd };

}  // namespace tmplbuild
