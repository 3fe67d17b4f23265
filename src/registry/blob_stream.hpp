// SPDX-License-Identifier: Apache-2.0
// A registry's blob as a stream that its reader pulls from: it is fetched on a thread of its own, a few blocks ahead.
// Used by the registry as a place of images. The end comes only when size and digest are right; the thread ends with
// this value.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <stop_token>

#include "base/digest.hpp"
#include "registry/session.hpp"

namespace tmplbuild::registry {

class BlobStream {
  public:
    // Sends no request before the first read. From the byte `from` on; where that is not the first, the reader checks
    // the digest.
    BlobStream(std::shared_ptr<Session> session, const Digest& digest, std::uint64_t size, std::stop_token stop,
               std::uint64_t from = 0);
    ~BlobStream();
    BlobStream(const BlobStream&) = delete;
    BlobStream& operator=(const BlobStream&) = delete;

    // Reads as an io::ByteSource does.
    Result<std::size_t> read(std::span<std::byte> into);

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace tmplbuild::registry
