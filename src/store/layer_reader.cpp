// SPDX-License-Identifier: Apache-2.0
#include "store/layer_reader.hpp"

#include <utility>
#include <vector>

#include "io/decompress.hpp"

namespace tmplbuild {

io::Codec codec_of(Compression compression) {
    switch (compression) {
        case Compression::none:
            return io::Codec::none;
        case Compression::gzip:
            return io::Codec::gzip;
        case Compression::zstd:
            return io::Codec::zstd;
    }
    return io::Codec::none;
}

struct LayerReader::Impl {
    io::Decompressor stream;
    BuiltLayer layer;
    std::filesystem::path file;
    Sha256 hash{};
    std::uint64_t size = 0;
    bool ended = false;

    Result<void> end() {
        ended = true;
        if (size == layer.tar_size && hash.finish() == layer.diff_id) return {};
        return build_error("the layer '" + file.string() + "' is damaged: its content does not have the digest " +
                               layer.diff_id.to_string(),
                           "remove that file, and the build makes or fetches it again");
    }
};

LayerReader::LayerReader(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
LayerReader::~LayerReader() = default;
LayerReader::LayerReader(LayerReader&&) noexcept = default;

Result<LayerReader> LayerReader::open(const Store& store, const BuiltLayer& layer) {
    const std::filesystem::path file = store.blob_path(layer.digest);
    // Known, since a plain tar may begin with any name, even one that looks compressed.
    auto stream = io::Decompressor::open(file, layer.tar_size, codec_of(layer.compression));
    if (!stream) return stream.error();
    return LayerReader(std::unique_ptr<Impl>(new Impl{std::move(*stream), layer, file}));
}

Result<std::size_t> LayerReader::read(std::span<std::byte> into) {
    if (impl_->ended) return 0;
    auto got = impl_->stream.read(into);
    if (!got) return got.error();
    impl_->hash.update(into.first(*got));
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

}  // namespace tmplbuild
