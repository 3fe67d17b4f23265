// SPDX-License-Identifier: Apache-2.0
#include "verify/image_content.hpp"

#include <unistd.h>

#include <filesystem>

#include "io/archive.hpp"
#include "io/spool.hpp"
#include "podspec/pod_spec.hpp"
#include "sys/file.hpp"

namespace tmplbuild {

namespace fs = std::filesystem;

namespace {

const std::string pod_path = std::string(pod::pod_spec_path).substr(1);
const std::string kernels_folder = "opt/tmplbuild/kernels";
constexpr std::uint64_t pod_limit = 64 << 20;  // bytes

bool is_proven_from_bytes(const kernel::LayerIndex& index) {
    return index.has_below(kernels_folder) || index.find(pod_path).has_value();
}

class LayerRead {
  public:
    LayerRead(LayerReader stream, const BuiltLayer& layer, fs::path spool_folder, ImageContent& content)
        : stream_(std::move(stream)),
          layer_(layer),
          indexer_(spool_folder),
          module_(std::move(spool_folder)),
          content_(content) {}

    // Makes the index of the layer, if its digests are those that the image says.
    Result<std::string> run(const std::stop_token& stop) {
        auto read = stream_.each_entry([&](const io::ArchiveEntry& entry, io::ArchiveReader& content) -> Result<void> {
            if (stop.stop_requested()) return Error{.kind = ErrorKind::interrupted, .message = "stopped"};
            if (auto seen = indexer_.entry(entry); !seen) return seen;
            return entry.type == io::ArchiveEntry::Type::file ? file(content, entry) : Result<void>();
        });
        if (!read) return read.error();
        return indexer_.finish(layer_.diff_id);
    }

  private:
    Result<void> file(io::ArchiveReader& tar, const io::TarHeader& entry) {
        const bool pod = entry.path == pod_path;
        const bool module = entry.path.starts_with(kernels_folder + "/") && kernel::is_shared_object(entry.path);
        if (pod && entry.size > pod_limit) return build_error("the image's pod.json is larger than it can be");
        module_.clear();
        for (;;) {
            auto got = tar.read(buffer_);
            if (!got) return got.error();
            if (*got == 0) break;
            const auto bytes = std::span<const std::byte>(buffer_).first(*got);
            if (auto seen = indexer_.data(bytes); !seen) return seen;
            if (pod || module)
                if (auto kept = module_.add(bytes); !kept) return kept;
        }
        return module_.whole([&](std::span<const std::byte> bytes) {
            if (pod) content_.pod_json.assign(reinterpret_cast<const char*>(bytes.data()), bytes.size());
            if (module) content_.modules.insert_or_assign(entry.path, kernel::examine_module({entry.path, bytes}));
        });
    }

    LayerReader stream_;
    const BuiltLayer& layer_;
    LayerIndexer indexer_;
    io::Spool module_;
    ImageContent& content_;
    std::vector<std::byte> buffer_ = std::vector<std::byte>(256 << 10);
};

}  // namespace

Result<ImageContent> read_image_content(const oci::ImageSource& image, const Store* store,
                                        const std::stop_token& stop) {
    ImageContent content;
    // The store may belong to another user, so that this one can only read it.
    const bool writable = store != nullptr && ::access((store->root() / "tmp").c_str(), W_OK) == 0;
    const fs::path spool = writable ? store->root() / "tmp" : fs::temp_directory_path();
    for (std::size_t i = 0; i < image.layers().size(); ++i) {
        const BuiltLayer& layer = image.layers()[i];
        if (auto there = image.check_blob(i); !there) return there.error();
        auto known = store != nullptr ? find_layer_index(*store, layer.digest) : std::nullopt;
        // The configuration may claim a diff ID for the blob that its content does not have.
        if (known && known->index().diff_id() != layer.diff_id) known.reset();
        if (!known || is_proven_from_bytes(known->index())) {
            auto stream = image.open_layer(i);
            if (!stream) return stream.error();
            auto index = LayerRead(std::move(*stream), layer, spool, content).run(stop);
            if (!index) return index.error();
            ++content.layers_read;
            if (!known) {
                // A failure does not change the answer: only the next run takes longer.
                if (writable) (void)keep_layer_index(*store, layer, *index);
                auto opened = StoredIndex::open(std::move(*index));
                if (!opened) return opened.error();
                known.emplace(std::move(*opened));
            }
        }
        content.kept.push_back(std::make_unique<StoredIndex>(std::move(*known)));
        content.indexes.push_back(&content.kept.back()->index());
    }
    return content;
}

}  // namespace tmplbuild
