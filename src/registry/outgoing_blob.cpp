// SPDX-License-Identifier: Apache-2.0
#include "registry/outgoing_blob.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "store/layer_reader.hpp"

namespace tmplbuild::registry {

namespace {

constexpr std::size_t skip_buffer = 256 << 10;  // bytes

}  // namespace

io::HttpBody OutgoingBlob::part(std::uint64_t offset, std::uint64_t size) {
    return {size, [this, offset](std::uint64_t at, std::span<std::byte> into) -> Result<std::size_t> {
                auto got = read(offset + at, into);
                if (!got && std::exchange(is_elsewhere_, false)) return got;
                if (!got) has_failed_ = true;
                // A source that is itself beyond the network may be there at a next push.
                const auto passes = [](ErrorKind kind) {
                    return kind == ErrorKind::network || kind == ErrorKind::interrupted;
                };
                if (!got && !passes(got.error().kind)) is_damaged_ = true;
                return got;
            }};
}

Result<std::size_t> OutgoingBlob::read(std::uint64_t at, std::span<std::byte> into) {
    if (!blob_ || at < at_)
        if (auto begun = begin(); !begun) return begun.error();
    if (auto there = skip_to(at); !there) return there.error();
    auto got = next(into);
    if (!got) return got;
    sent_ += *got;
    if (on_progress) on_progress(at_);
    return got;
}

Result<void> OutgoingBlob::begin() {
    blob_.reset();
    auto opened = open_();
    if (!opened) return opened.error();
    blob_ = std::move(*opened);
    hasher_ = Sha256();
    at_ = 0;
    return {};
}

Result<void> OutgoingBlob::skip_to(std::uint64_t at) {
    if (at == at_) return {};
    std::vector<std::byte> buffer(skip_buffer);
    while (at_ < at) {
        if (stop_.stop_requested()) return Error{.kind = ErrorKind::interrupted, .message = "stopped"};
        const std::size_t wanted = static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), at - at_));
        if (auto got = next(std::span(buffer).first(wanted)); !got) return got.error();
    }
    return {};
}

Result<std::size_t> OutgoingBlob::next(std::span<std::byte> into) {
    const auto failed = [this](Error error) {
        is_elsewhere_ = error.kind != ErrorKind::interrupted && blob_->ask_elsewhere && blob_->ask_elsewhere(error);
        if (is_elsewhere_) error.kind = ErrorKind::network;  // the next try of the upload reads the next source
        blob_.reset();
        return error;
    };
    const auto wrong = [&] {
        return failed(build_error("'" + blob_->name + "' does not have its digest and size, and is not sent",
                                  damaged_image_hint));
    };
    const std::size_t wanted = static_cast<std::size_t>(std::min<std::uint64_t>(into.size(), what_.size - at_));
    auto got = blob_->read(into.first(wanted));
    if (!got) return failed(got.error());
    if (*got == 0) return wrong();
    hasher_.update(into.first(*got));
    at_ += *got;
    if (at_ < what_.size) return got;
    if (hasher_.finish() != what_.digest) return wrong();
    blob_.reset();  // whole; whoever wants it again reads it again
    return got;
}

}  // namespace tmplbuild::registry
