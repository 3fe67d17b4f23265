// SPDX-License-Identifier: Apache-2.0
#include "store/layer_reader.hpp"

#include <optional>
#include <utility>
#include <vector>

namespace tmplbuild {

// Limit for the tar of a layer whose documents name no size.
static constexpr std::uint64_t foreign_limit = 256ULL << 30;

namespace {

// A blob that nobody has hashed yet, hashed while it is read.
struct ForeignBlob {
    Error damaged() const {
        return build_error("'" + name + "' does not have its digest and size", damaged_image_hint);
    }
    Result<std::size_t> pull(std::span<std::byte> into) {
        auto got = source(into);
        if (!got) return got;
        const auto bytes = std::span<const std::byte>(into).first(*got);
        hash.update(bytes);
        size += *got;
        if (size > layer.size) return damaged();
        if (tap && *got != 0)
            if (auto told = tap(bytes); !told) return told.error();
        return got;
    }
    // A layer without any bytes cannot have the wrong compression.
    Result<void> check_codec(Compression found) const {
        if (found == layer.compression || size == 0) return {};
        return build_error("the layer '" + name + "' is not compressed as its media type '" +
                           layer_media_type(layer.compression) + "' says");
    }
    Result<void> check_whole() {
        if (size != layer.size || hash.finish() != layer.digest) return damaged();
        return {};
    }

    io::ByteSource source;
    std::string name;
    const BuiltLayer& layer;
    BlobTap tap;
    Sha256 hash{};
    std::uint64_t size = 0;
};

}  // namespace

struct LayerReader::Impl {
    Impl(const Store& store, io::Decompressor stream, const BuiltLayer& wanted)
        : layer(wanted), name(store.blob_path(wanted.digest)), tar(std::move(stream)) {}
    Impl(io::ByteSource source, std::string blob_name, const BuiltLayer& wanted, BlobTap tap)
        : layer(wanted),
          name(std::move(blob_name)),
          blob(ForeignBlob{std::move(source), name, layer, std::move(tap)}),
          tar([this](std::span<std::byte> into) { return blob->pull(into); }, foreign_limit, name,
              // A plain tar may begin with any name, so also with bytes that look compressed.
              wanted.compression == Compression::none ? std::optional(Compression::none) : std::nullopt),
          is_blob(wanted.compression == Compression::none && wanted.digest == wanted.diff_id) {}

    Result<void> begin() {
        if (std::exchange(begun, true) || !blob) return {};
        auto codec = tar.codec();
        if (!codec) return codec.error();
        return blob->check_codec(*codec);
    }

    Result<void> end() {
        ended = true;
        if (blob) {
            if (auto whole = blob->check_whole(); !whole || is_blob) return whole;
            const Digest found = content.finish();
            if (found == layer.diff_id) return {};
            return build_error("the layer '" + name + "' does not hold what the image's configuration says: " +
                                   found.to_string() + " instead of " + layer.diff_id.to_string(),
                               damaged_image_hint);
        }
        if (size == layer.tar_size && content.finish() == layer.diff_id) return {};
        return build_error(
            "the layer '" + name + "' is damaged: its content does not have the digest " + layer.diff_id.to_string(),
            "remove that file, and the build makes or fetches it again");
    }

    BuiltLayer layer;
    std::string name;
    std::optional<ForeignBlob> blob;  // none: the layer comes from the store
    io::Decompressor tar;
    bool is_blob = false;  // the tar is the blob itself, and is hashed as such
    Sha256 content;
    std::uint64_t size = 0;  // of the tar
    bool begun = false, ended = false;
};

LayerReader::LayerReader(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
LayerReader::~LayerReader() = default;
LayerReader::LayerReader(LayerReader&&) noexcept = default;

Result<LayerReader> LayerReader::open(const Store& store, const BuiltLayer& layer) {
    auto stream = io::Decompressor::open(store.blob_path(layer.digest), layer.tar_size, layer.compression);
    if (!stream) return stream.error();
    return LayerReader(std::make_unique<Impl>(store, std::move(*stream), layer));
}

LayerReader LayerReader::foreign(io::ByteSource blob, std::string name, const BuiltLayer& layer, BlobTap tap) {
    return LayerReader(std::make_unique<Impl>(std::move(blob), std::move(name), layer, std::move(tap)));
}

Result<std::size_t> LayerReader::read(std::span<std::byte> into) {
    if (impl_->ended) return 0;
    if (auto begun = impl_->begin(); !begun) return begun.error();
    auto got = impl_->tar.read(into);
    if (!got) return got.error();
    if (!impl_->is_blob) impl_->content.update(into.first(*got));
    impl_->size += *got;
    if (*got < into.size())
        if (auto ended = impl_->end(); !ended) return ended.error();
    return *got;
}

Result<void> LayerReader::finish() {
    std::vector<std::byte> buffer(256 << 10);
    for (;;) {
        auto got = read(buffer);
        if (!got) return got.error();
        if (*got < buffer.size()) return {};
    }
}

Result<void> LayerReader::each_entry(const EntryVisitor& visit) {
    auto archive = io::ArchiveReader::tar([this](std::span<std::byte> into) { return read(into); }, impl_->name);
    if (!archive) return archive.error();
    for (;;) {
        auto entry = archive->next();
        if (!entry) return entry.error();
        if (!*entry) break;
        if (auto seen = visit(**entry, *archive); !seen) return seen;
    }
    return finish();
}

std::uint64_t LayerReader::tar_size() const { return impl_->size; }

}  // namespace tmplbuild
