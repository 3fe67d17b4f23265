// SPDX-License-Identifier: Apache-2.0
// Decompression as a stream: gzip, zstd or plain bytes, told apart by their first bytes and not by a name. Layers of
// bases and of our own are read with it. Never gives out more bytes than its limit, never reads beyond its source.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "base/error.hpp"
#include "io/compress.hpp"

namespace tmplbuild::io {

// Puts up to into.size() bytes there and returns how many; 0 only at the end.
using ByteSource = std::function<Result<std::size_t>(std::span<std::byte> into)>;

class Decompressor {
  public:
    // Magic numbers: RFC 1952 (1f 8b) and RFC 8878 (28 b5 2f fd; skippable frames too). Several gzip members or zstd
    // frames in a row are one stream. `limit` in bytes of what comes out: more is a build_error, and so are a stream
    // that ends in its middle and bytes behind its end. `name` is for errors only. `known`: not by the first bytes.
    Decompressor(ByteSource source, std::uint64_t limit, std::string name, std::optional<Compression> known = {});
    ~Decompressor();
    Decompressor(Decompressor&&) noexcept;

    static Result<Decompressor> open(const std::filesystem::path& file, std::uint64_t limit,
                                     std::optional<Compression> known = {});

    // Bytes read; less than asked for only at the end.
    Result<std::size_t> read(std::span<std::byte> into);
    Result<Compression> codec();  // reads the first bytes

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace tmplbuild::io
