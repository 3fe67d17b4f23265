// SPDX-License-Identifier: Apache-2.0
// Reads one layer as its plain tar, from the store or from any other source of its blob: decompressed, bounded and
// checked on the way. Used by everything that reads layers. What was read before the end is not proven: callers keep
// nothing until then.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "base/error.hpp"
#include "io/archive.hpp"
#include "io/compress.hpp"
#include "io/decompress.hpp"
#include "store/built_layer.hpp"
#include "store/store.hpp"

namespace tmplbuild {

inline constexpr const char* damaged_image_hint = "the image is damaged: write or fetch it again";

// Gets the blob's own bytes as they are read; an error from it ends the reading.
using BlobTap = std::function<Result<void>(std::span<const std::byte>)>;
// Gets one entry, and reads as much of its content as it wants.
using EntryVisitor = std::function<Result<void>(const io::ArchiveEntry& entry, io::ArchiveReader& content)>;

class LayerReader {
  public:
    // Reads from the store, whose blobs were hashed when they came in: the size and the digest of the tar are checked.
    static Result<LayerReader> open(const Store& store, const BuiltLayer& layer);
    // Reads a layer of a foreign image, whose documents describe it as `layer` (`tar_size` is ignored): the blob's
    // size, digest and kind of compression are checked, and the tar's digest. `name` is the blob's, for messages.
    static LayerReader foreign(io::ByteSource blob, std::string name, const BuiltLayer& layer, BlobTap tap = {});
    ~LayerReader();
    LayerReader(LayerReader&&) noexcept;

    // Returns the number of bytes read. It is less than asked for only at the end, after all checks have passed; else
    // an error.
    Result<std::size_t> read(std::span<std::byte> into);
    Result<void> finish();  // reads on to the end, for the checks alone
    // Visits all entries in turn, and then reads on to the end.
    Result<void> each_entry(const EntryVisitor& visit);
    std::uint64_t tar_size() const;  // bytes returned so far

  private:
    struct Impl;
    explicit LayerReader(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace tmplbuild
