// SPDX-License-Identifier: Apache-2.0
// The compressions that a layer's tar may have (OCI image-spec 1.1, layer.md). The template chooses one, io/ packs and
// unpacks it, and store/ names it in the layer's media type. Packs nothing itself.
#pragma once

namespace tmplbuild {

enum class Compression { none, gzip, zstd };

}  // namespace tmplbuild
