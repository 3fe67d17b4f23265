// SPDX-License-Identifier: Apache-2.0
// Decompresses a stream: gzip, zstd or plain bytes, told apart by their first bytes and not by a name. Used to read
// layers, of bases and our own. Never returns more bytes than its limit, never reads beyond the end of its source.
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
    // frames in a row are one stream. `limit` counts the decompressed bytes; more is a build_error, and so are a stream
    // that ends in its middle and bytes after its end. `name` is for errors only. `known` replaces the guess by the
    // first bytes.
    Decompressor(ByteSource source, std::uint64_t limit, std::string name, std::optional<Compression> known = {});
    ~Decompressor();
    Decompressor(Decompressor&&) noexcept;

    static Result<Decompressor> open(const std::filesystem::path& file, std::uint64_t limit,
                                     std::optional<Compression> known = {});

    // Returns the number of bytes read; it is less than asked for only at the end.
    Result<std::size_t> read(std::span<std::byte> into);
    Result<Compression> codec();  // reads the first bytes if need be

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace tmplbuild::io
