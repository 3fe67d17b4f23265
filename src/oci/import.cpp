// SPDX-License-Identifier: Apache-2.0
#include "oci/import.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>
#include <utility>

#include "oci/image.hpp"
#include "oci/layer_fetch.hpp"
#include "store/partial_blob.hpp"
#include "sys/fd.hpp"

namespace tmplbuild::oci {

namespace fs = std::filesystem;

namespace {

// Kind of the store's side file: compressed digest → diff ID and size of the tar.
constexpr const char* layer_index = "imported-layer";
constexpr std::size_t comment_limit = 200;
constexpr std::size_t fetches_at_once = 3;

// Reads one blob once: checks it, and copies it into the store where that is needed.
class LayerImport {
  public:
    LayerImport(const Store& store, const ImageSource& image, std::size_t which)
        : store_(store), image_(image), which_(which) {}
    ~LayerImport() {
        if (!temporary_.empty()) ::unlink(temporary_.c_str());
    }
    LayerImport(const LayerImport&) = delete;
    LayerImport& operator=(const LayerImport&) = delete;

    Result<BuiltLayer> run(const Advance& advance) {
        auto blob = image_.open_blob(which_);
        if (!blob) return blob.error();
        if (auto begun = begin_copy(blob->file.get()); !begun) return begun.error();
        BuiltLayer layer = image_.layers()[which_];
        const BlobTap keep_copy = [&](std::span<const std::byte> bytes) -> Result<void> {
            if (copy_)
                if (auto put = sys::write_all(copy_.get(), bytes, temporary_); !put) return put;
            return advance(static_cast<std::int64_t>(bytes.size()));
        };
        auto tar = LayerReader::foreign(std::move(blob->read), std::move(blob->name), layer, keep_copy);
        if (auto read = tar.finish(); !read) return read.error();
        layer.tar_size = tar.tar_size();
        if (auto kept = keep(layer.digest); !kept) return kept.error();
        return layer;
    }

  private:
    static bool can_link(const sys::Fd* file) {
        struct stat facts {};
        return file != nullptr && ::fstat(file->get(), &facts) == 0 && facts.st_uid == ::geteuid() &&
               (facts.st_mode & 0222) == 0;
    }

    Result<void> begin_copy(const sys::Fd* file) {
        auto name = store_.new_temp_file();
        if (!name) return name.error();
        temporary_ = *name;
        // Linked by its descriptor (open(2), linkat(2)), since the name may lead to another file by now.
        if (can_link(file)) {
            const std::string self = "/proc/self/fd/" + std::to_string(file->get());
            if (::linkat(AT_FDCWD, self.c_str(), AT_FDCWD, temporary_.c_str(), AT_SYMLINK_FOLLOW) == 0) return {};
        }
        auto copy = sys::open_fd(temporary_, O_WRONLY | O_CREAT | O_EXCL, 0600);
        if (!copy) return copy.error();
        copy_ = std::move(*copy);
        return {};
    }

    Result<void> keep(const Digest& digest) {
        copy_.reset();
        if (auto adopted = store_.adopt_hashed(temporary_, digest); !adopted) return adopted;
        ::unlink(temporary_.c_str());  // rename() of two links to one file would leave both (rename(2))
        temporary_.clear();
        return {};
    }

    const Store& store_;
    const ImageSource& image_;
    std::size_t which_;
    fs::path temporary_;
    sys::Fd copy_;
};

std::optional<BuiltLayer> imported_before(const Store& store, const BuiltLayer& wanted) {
    const auto size = store.blob_size(wanted.digest);
    if (!size || *size != wanted.size) return std::nullopt;
    const auto document = store.find_index(layer_index, wanted.digest);
    if (!document || !document->is_object()) return std::nullopt;
    auto layer = BuiltLayer::from_json(document->get_object());
    // A different claim about the same bytes has to be checked again.
    if (!layer || layer->digest != wanted.digest || layer->diff_id != wanted.diff_id ||
        layer->compression != wanted.compression)
        return std::nullopt;
    return *layer;
}

// Makes one line of a foreign history, cut where a UTF-8 character begins.
std::string comment_of(const std::string& history) {
    std::string text = "base: ";
    for (const char c : history) text += c == '\n' || c == '\t' ? ' ' : c;
    if (history.empty()) return "base";
    std::size_t cut = std::min(text.size(), comment_limit);
    while (cut < text.size() && (static_cast<unsigned char>(text[cut]) & 0xc0) == 0x80) --cut;
    return text.substr(0, cut);
}

class LayersImport {
  public:
    LayersImport(const Store& store, const ImageSource& image, const ByteProgress& progress)
        : store_(store), image_(image), progress_(progress), layers_(image.layers().size()) {
        for (const BuiltLayer& layer : image.layers()) total_ += layer.size;
    }

    Result<std::vector<BuiltLayer>> run() {
        const std::size_t at_once = image_.is_remote() ? fetches_at_once : 1;
        {
            std::vector<std::jthread> threads;
            for (std::size_t i = 1; i < std::min(at_once, layers_.size()); ++i)
                threads.emplace_back([this] { work(); });
            work();
        }
        if (failure_) return *failure_;
        return std::move(layers_);
    }

  private:
    void work() {
        for (std::size_t at = next_++; at < layers_.size(); at = next_++) {
            auto layer = take(at);
            const std::scoped_lock lock(mutex_);
            if (failure_) return;
            if (!layer) {
                failure_ = layer.error();
                others_.request_stop();
                return;
            }
            layers_[at] = std::move(*layer);
        }
    }
    Result<BuiltLayer> take(std::size_t at) {
        const Advance advance = [this](std::int64_t bytes) { return moved(bytes); };
        auto layer = imported_before(store_, image_.layers()[at]);
        if (layer) {
            if (auto told = moved(static_cast<std::int64_t>(layer->size)); !told) return told.error();
        } else {
            auto read = image_.is_remote() ? fetch_layer(store_, image_, at, advance, others_.get_token())
                                           : LayerImport(store_, image_, at).run(advance);
            if (!read) return read.error();
            layer = std::move(*read);
            if (auto put = store_.put_index(layer_index, layer->digest, layer->to_json()); !put) return put.error();
        }
        layer->comment = comment_of(image_.config().history[at]);
        return std::move(*layer);
    }
    Result<void> moved(std::int64_t bytes) {
        const std::scoped_lock lock(mutex_);
        if (failure_) return Error{.kind = ErrorKind::interrupted, .message = "another layer failed"};
        done_ += static_cast<std::uint64_t>(bytes);
        return progress_ ? progress_(done_, total_) : Result<void>();
    }

    const Store& store_;
    const ImageSource& image_;
    const ByteProgress& progress_;
    std::atomic<std::size_t> next_{0};
    std::stop_source others_{};  // ends what the other threads fetch once one has failed
    std::mutex mutex_{};         // of all that follows
    std::vector<BuiltLayer> layers_;
    std::optional<Error> failure_{};
    std::uint64_t done_ = 0, total_ = 0;
};

}  // namespace

Result<ImportedImage> import_image(const Store& store, const ImageSource& image, const ByteProgress& progress) {
    if (image.layers().size() > max_layers)
        return build_error("the image has " + std::to_string(image.layers().size()) + " layers, at most " +
                           std::to_string(max_layers) + " work everywhere");
    if (image.is_remote()) PartialBlob::sweep(store);
    auto layers = LayersImport(store, image, progress).run();
    if (!layers) return layers.error();
    return ImportedImage{image.digest(), std::move(*layers), image.config()};
}

}  // namespace tmplbuild::oci
