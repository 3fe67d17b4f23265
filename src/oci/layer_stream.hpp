// SPDX-License-Identifier: Apache-2.0
// One layer of an image as its plain tar, checked on the way: the blob's size, digest and kind of compression against
// the descriptor, the tar against the diff ID. Made by ImageSource. What was read before the end is not proven.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <span>

#include "oci/place.hpp"
#include "store/built_layer.hpp"

namespace tmplbuild::oci {

// Sees the blob's own bytes as they are read; an error from it ends the reading.
using BlobTap = std::function<Result<void>(std::span<const std::byte>)>;

class LayerStream {
  public:
    // `layer` is what the documents say; its `tar_size` is not looked at.
    LayerStream(Blob blob, const BuiltLayer& layer, BlobTap tap);
    ~LayerStream();
    LayerStream(LayerStream&&) noexcept;

    // Less than asked for only at the end, which comes only when everything is as the documents say: else an error.
    Result<std::size_t> read(std::span<std::byte> into);
    Result<void> finish();           // reads on to the end, for the check alone
    std::uint64_t tar_size() const;  // bytes given out so far

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

inline constexpr const char* damaged_hint = "the image is damaged: write or fetch it again";

}  // namespace tmplbuild::oci
