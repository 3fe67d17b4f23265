// SPDX-License-Identifier: Apache-2.0
#include "kernel/unpack.hpp"

#include <lz4.h>
#include <zstd.h>

#include <limits>
#include <new>

namespace tmplbuild::kernel {

bool Unpacked::allocate(std::size_t size) {
    if (size > room_ || data_ == nullptr) {
        data_.reset();  // freed before the new buffer is allocated
        data_.reset(new (std::nothrow) std::byte[size]);
        room_ = data_ == nullptr ? 0 : size;
    }
    size_ = data_ == nullptr ? 0 : size;
    return data_ != nullptr;
}

Result<void> unpack_lz4(Bytes stored, std::uint64_t size, Unpacked& into) {
    constexpr std::uint64_t most = std::numeric_limits<int>::max();
    // A byte of an LZ4 block yields 255 bytes at most, so a larger claim is refused before memory is allocated for it.
    if (size > most || stored.size() > most || size / 255 > stored.size() + 1)
        return build_error("its size cannot be right");
    if (!into.allocate(size)) return build_error("there is not enough memory to unpack it");
    const int written =
        LZ4_decompress_safe(reinterpret_cast<const char*>(stored.data()), reinterpret_cast<char*>(into.data()),
                            static_cast<int>(stored.size()), static_cast<int>(size));
    if (written < 0 || static_cast<std::uint64_t>(written) != size) return build_error("its LZ4 data is damaged");
    return {};
}

Result<void> unpack_zstd(Bytes stored, std::uint64_t size, Unpacked& into) {
    const auto content = ZSTD_getFrameContentSize(stored.data(), stored.size());
    if (content == ZSTD_CONTENTSIZE_ERROR) return build_error("its zstd data is damaged");
    if (content != ZSTD_CONTENTSIZE_UNKNOWN && content != size) return build_error("its size cannot be right");
    if (!into.allocate(size)) return build_error("there is not enough memory to unpack it");
    const std::size_t written = ZSTD_decompress(into.data(), size, stored.data(), stored.size());
    if (ZSTD_isError(written) != 0 || written != size) return build_error("its zstd data is damaged");
    return {};
}

}  // namespace tmplbuild::kernel
