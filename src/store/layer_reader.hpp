// SPDX-License-Identifier: Apache-2.0
// The uncompressed tar of a layer in the store, as a stream with its digest checked on the way. Used to unpack layers
// and to write archives of images. What was read before the end is not proven: callers keep nothing until then.
#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include "base/error.hpp"
#include "io/compress.hpp"
#include "store/built_layer.hpp"
#include "store/store.hpp"

namespace tmplbuild {

io::Codec codec_of(Compression compression);

class LayerReader {
  public:
    static Result<LayerReader> open(const Store& store, const BuiltLayer& layer);
    ~LayerReader();
    LayerReader(LayerReader&&) noexcept;

    // Bytes read; less than asked for only at the end, and the end comes only when size and diff ID are the layer's:
    // else a build_error.
    Result<std::size_t> read(std::span<std::byte> into);
    // Reads on to the end, for the check alone.
    Result<void> finish();

  private:
    struct Impl;
    explicit LayerReader(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace tmplbuild
