// SPDX-License-Identifier: Apache-2.0
#include "oci/layer_stream.hpp"

#include <utility>
#include <vector>

#include "store/layer_reader.hpp"

namespace tmplbuild::oci {

struct LayerStream::Impl {
    Impl(Blob from, const BuiltLayer& wanted, BlobTap told)
        : blob(std::move(from)),
          layer(wanted),
          tap(std::move(told)),
          tar([this](std::span<std::byte> into) { return pull(into); }, layer_limit, blob.name,
              // A plain tar may begin with any name, even one that looks compressed.
              wanted.compression == Compression::none ? std::optional(io::Codec::none) : std::nullopt),
          is_blob(wanted.compression == Compression::none && wanted.digest == wanted.diff_id) {}

    Error damaged() const { return build_error("'" + blob.name + "' does not have its digest and size", damaged_hint); }

    Result<std::size_t> pull(std::span<std::byte> into) {
        auto got = blob.read(into);
        if (!got) return got;
        const auto bytes = std::span<const std::byte>(into).first(*got);
        hash.update(bytes);
        blob_size += *got;
        if (blob_size > layer.size) return damaged();
        if (tap && *got != 0)
            if (auto told = tap(bytes); !told) return told.error();
        return got;
    }

    // Of a layer without any bytes no kind of compression can be wrong.
    Result<void> begin() {
        if (begun) return {};
        begun = true;
        auto codec = tar.codec();
        if (!codec) return codec.error();
        if (*codec == codec_of(layer.compression) || blob_size == 0) return {};
        return build_error("the layer '" + blob.name + "' is not compressed as its media type '" +
                           layer_media_type(layer.compression) + "' says");
    }

    Result<void> end() {
        ended = true;
        if (blob_size != layer.size || hash.finish() != layer.digest) return damaged();
        if (is_blob) return {};
        const Digest diff_id = content.finish();
        if (diff_id == layer.diff_id) return {};
        return build_error("the layer '" + blob.name + "' does not hold what the image's configuration says: " +
                               diff_id.to_string() + " instead of " + layer.diff_id.to_string(),
                           damaged_hint);
    }

    Blob blob;
    BuiltLayer layer;
    BlobTap tap;
    Sha256 hash, content;
    std::uint64_t blob_size = 0, tar_size = 0;
    io::Decompressor tar;
    bool is_blob;  // the tar is the blob, and hashed as such
    bool begun = false, ended = false;
};

LayerStream::LayerStream(Blob blob, const BuiltLayer& layer, BlobTap tap)
    : impl_(std::make_unique<Impl>(std::move(blob), layer, std::move(tap))) {}
LayerStream::~LayerStream() = default;
LayerStream::LayerStream(LayerStream&&) noexcept = default;

Result<std::size_t> LayerStream::read(std::span<std::byte> into) {
    if (impl_->ended) return 0;
    if (auto begun = impl_->begin(); !begun) return begun.error();
    auto got = impl_->tar.read(into);
    if (!got) return got.error();
    if (!impl_->is_blob) impl_->content.update(into.first(*got));
    impl_->tar_size += *got;
    if (*got < into.size())
        if (auto ended = impl_->end(); !ended) return ended.error();
    return *got;
}

Result<void> LayerStream::finish() {
    std::vector<std::byte> buffer(256 << 10);
    for (;;) {
        auto got = read(buffer);
        if (!got) return got.error();
        if (*got < buffer.size()) return {};
    }
}

std::uint64_t LayerStream::tar_size() const { return impl_->tar_size; }

}  // namespace tmplbuild::oci
