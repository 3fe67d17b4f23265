// SPDX-License-Identifier: Apache-2.0
// A blob on its way out: read where it lies, in any parts, and hashed from its first byte to its last while it is read.
// A blob that does not have its digest ends the request before its last byte has left. For uploads, one thread at a
// time. Never holds more of it than one buffer.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <stop_token>
#include <string>

#include "base/digest.hpp"
#include "io/http.hpp"
#include "oci/documents.hpp"
#include "oci/place.hpp"

namespace tmplbuild::registry {

class OutgoingBlob {
  public:
    using Open = std::function<Result<oci::Blob>()>;  // at its beginning, each time

    OutgoingBlob(oci::Descriptor what, Open open) : what_(std::move(what)), open_(std::move(open)) {}
    OutgoingBlob(const OutgoingBlob&) = delete;
    OutgoingBlob& operator=(const OutgoingBlob&) = delete;

    const Digest& digest() const { return what_.digest; }
    std::uint64_t size() const { return what_.size; }
    // `size` bytes from `offset` on, for as long as this lives. What lies before them is read, too, and hashed.
    io::HttpBody part(std::uint64_t offset, std::uint64_t size);
    std::uint64_t sent() const { return sent_; }  // bytes given out, those given twice counted twice
    // It could not be read. Where it lies beyond the network, whoever reads it there has made all tries already.
    bool has_failed() const { return has_failed_; }
    // It cannot be read, or has other bytes than its digest says: no next push can help.
    bool is_damaged() const { return is_damaged_; }
    // Ends what is read and hashed before the first byte that is wanted, which may be many gigabytes.
    void end_with(std::stop_token stop) { stop_ = std::move(stop); }
    // Told with how far it has come.
    std::function<void(std::uint64_t position)> on_progress{};

  private:
    Result<std::size_t> read(std::uint64_t at, std::span<std::byte> into);
    Result<void> begin();
    Result<void> skip_to(std::uint64_t at);
    Result<std::size_t> next(std::span<std::byte> into);

    oci::Descriptor what_;
    Open open_;
    std::stop_token stop_{};
    std::optional<oci::Blob> blob_{};
    Sha256 hasher_{};
    std::uint64_t at_ = 0;  // of the next byte that blob_ gives
    std::uint64_t sent_ = 0;
    bool is_damaged_ = false, has_failed_ = false;
    bool is_elsewhere_ = false;  // the read that failed has another source, which the next one takes
};

}  // namespace tmplbuild::registry
