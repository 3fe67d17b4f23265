// SPDX-License-Identifier: Apache-2.0
#include "oci/archive_out.hpp"

#include <fcntl.h>

#include <map>
#include <set>
#include <vector>

#include "io/tar_writer.hpp"
#include "oci/layout.hpp"
#include "oci/layout_file.hpp"
#include "store/layer_reader.hpp"
#include "sys/atomic_file.hpp"

namespace tmplbuild::oci {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t chunk = 1 << 20;

// A tar that is written to an AtomicFile. Times are 0 and owners root, so that equal images give equal bytes.
class Archive {
  public:
    Archive(sys::AtomicFile file, std::uint64_t total, const ByteProgress& progress)
        : file_(std::move(file)), total_(total), progress_(progress), tar_([this](auto data) { return put(data); }) {}

    Result<void> folder(const std::string& path) {
        return tar_.header({.path = path, .type = io::TarHeader::Type::directory, .mode = 0755});
    }
    Result<void> begin(const std::string& path, std::uint64_t size) {
        return tar_.header({.path = path, .mode = 0644, .size = size});
    }
    Result<void> write(std::span<const std::byte> data) { return tar_.data(data); }
    Result<void> text(const std::string& path, const std::string& content) {
        if (auto begun = begin(path, content.size()); !begun) return begun;
        return write(sys::as_bytes(content));
    }
    Result<void> commit() {
        if (auto ended = tar_.finish(); !ended) return ended;
        return file_.commit();
    }

  private:
    Result<void> put(std::span<const std::byte> data) {
        done_ += data.size();
        if (progress_)
            if (auto told = progress_(done_, total_); !told) return told;
        return file_.write(data);
    }

    sys::AtomicFile file_;
    std::uint64_t done_ = 0, total_;
    const ByteProgress& progress_;
    io::TarWriter tar_;
};

Result<void> put_blob(Archive& archive, const Store& store, const Digest& digest, std::uint64_t size) {
    const fs::path file = store.blob_path(digest);
    auto fd = sys::open_fd(file, O_RDONLY);
    if (!fd) return fd.error();
    if (auto begun = archive.begin(blob_path(digest), size); !begun) return begun;
    ::posix_fadvise(fd->get(), 0, 0, POSIX_FADV_SEQUENTIAL);
    std::vector<std::byte> buffer(chunk);
    Sha256 hash;
    for (;;) {
        auto got = sys::read_full(fd->get(), buffer, file);
        if (!got) return got.error();
        const auto data = std::span<const std::byte>(buffer).first(*got);
        hash.update(data);
        if (auto written = archive.write(data); !written) return written;
        if (*got < buffer.size()) break;
    }
    if (hash.finish() == digest) return {};
    return store.discard_damaged(digest);
}

Result<void> put_layer(Archive& archive, const Store& store, const BuiltLayer& layer) {
    auto reader = LayerReader::open(store, layer);
    if (!reader) return reader.error();
    if (auto begun = archive.begin(layer.diff_id.hex() + ".tar", layer.tar_size); !begun) return begun;
    std::vector<std::byte> buffer(chunk);
    for (;;) {
        auto got = reader->read(buffer);
        if (!got) return got.error();
        if (auto written = archive.write(std::span(buffer).first(*got)); !written) return written;
        if (*got < buffer.size()) return {};
    }
}

Result<void> fill_oci(Archive& archive, const Store& store, const Image& image, const std::string& tag) {
    // Sorted, and each one once, since two steps may have made the same layer.
    std::map<Digest, std::uint64_t> blobs{{image.config_digest, image.config.size()},
                                          {image.manifest_digest, image.manifest.size()}};
    for (const BuiltLayer& layer : image.layers) blobs[layer.digest] = layer.size;
    for (const auto& [name, content] :
         {std::pair{layout_file, std::string(layout_text)}, {"index.json", index_text(image, tag)}})
        if (auto put = archive.text(name, content); !put) return put;
    for (const char* folder : {"blobs/", "blobs/sha256/"})
        if (auto put = archive.folder(folder); !put) return put;
    for (const auto& [digest, size] : blobs)
        if (auto put = put_blob(archive, store, digest, size); !put) return put;
    return archive.commit();
}

Result<void> fill_docker(Archive& archive, const Store& store, const Image& image, const std::string& reference) {
    const std::string config = image.config_digest.hex() + ".json";
    json::array layers, tags;
    for (const BuiltLayer& layer : image.layers) layers.emplace_back(layer.diff_id.hex() + ".tar");
    if (!reference.empty()) tags.emplace_back(reference);
    const json::array manifest{json::object{{"Config", config}, {"RepoTags", tags}, {"Layers", std::move(layers)}}};
    if (auto put = archive.text("manifest.json", json::canonical(manifest)); !put) return put;
    if (auto put = archive.text(config, image.config); !put) return put;
    std::set<Digest> written;
    for (const BuiltLayer& layer : image.layers)
        if (written.insert(layer.diff_id).second)
            if (auto put = put_layer(archive, store, layer); !put) return put;
    return archive.commit();
}

Result<sys::AtomicFile> create(const fs::path& file, std::uint64_t total, const ByteProgress& progress) {
    return sys::AtomicFile::create(file, [&] { return progress ? progress(0, total) : Result<void>(); });
}

}  // namespace

Result<void> write_oci_archive(const Store& store, const Image& image, const fs::path& file, const std::string& tag,
                               const ByteProgress& progress) {
    auto output = create(file, image.size(), progress);
    if (!output) return output.error();
    Archive archive(std::move(*output), image.size(), progress);
    return fill_oci(archive, store, image, tag);
}

Result<void> write_docker_archive(const Store& store, const Image& image, const fs::path& file,
                                  const std::string& reference, const ByteProgress& progress) {
    std::uint64_t total = image.config.size();
    for (const BuiltLayer& layer : image.layers) total += layer.tar_size;
    auto output = create(file, total, progress);
    if (!output) return output.error();
    Archive archive(std::move(*output), total, progress);
    return fill_docker(archive, store, image, reference);
}

}  // namespace tmplbuild::oci
