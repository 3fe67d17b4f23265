// SPDX-License-Identifier: Apache-2.0
// Compresses a stream with libzstd or zlib, each with one fixed setting: equal input gives equal bytes whatever the
// number of cores or the sizes of the writes. pack/ makes layers with it. The level cannot be chosen.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "base/compression.hpp"
#include "base/error.hpp"

namespace tmplbuild::io {

class Compressor {
  public:
    using Sink = std::function<Result<void>(std::span<const std::byte>)>;

    // zstd: level 3 with a content checksum, always through the multi-threaded path, whose output does not depend on
    // the number of workers but differs from the single-threaded one (measured with 1.5.7). gzip: level 6, and a header
    // without time and system (RFC 1952: MTIME 0, OS 255).
    Compressor(Compression codec, Sink sink);
    ~Compressor();
    Compressor(Compressor&&) noexcept;

    Result<void> write(std::span<const std::byte> data);
    Result<void> finish();  // may be called once; nothing may be written after it

    // Names the library that makes the bytes: "zstd-1.5.4-3-2m", a part of every layer's key.
    static std::string format(Compression codec);

  private:
    struct Stream;
    struct Plain;
    struct Gzip;
    struct Zstd;
    std::unique_ptr<Stream> stream_;
};

}  // namespace tmplbuild::io
