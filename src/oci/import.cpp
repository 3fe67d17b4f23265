// SPDX-License-Identifier: Apache-2.0
#include "oci/import.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <optional>
#include <utility>

#include "oci/image.hpp"
#include "sys/fd.hpp"

namespace tmplbuild::oci {

namespace fs = std::filesystem;

namespace {

// Kind of the store's side file: compressed digest → diff ID and size of the tar.
constexpr const char* layer_index = "imported-layer";
constexpr std::size_t comment_limit = 200;

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

    Result<BuiltLayer> run(const BlobTap& told) {
        auto blob = image_.open_blob(which_);
        if (!blob) return blob.error();
        if (auto begun = begin_copy(blob->file.get()); !begun) return begun.error();
        BuiltLayer layer = image_.layers()[which_];
        const BlobTap keep_copy = [&](std::span<const std::byte> bytes) -> Result<void> {
            if (copy_)
                if (auto put = sys::write_all(copy_.get(), bytes, temporary_); !put) return put;
            return told(bytes);
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

}  // namespace

Result<ImportedImage> import_image(const Store& store, const ImageSource& image, const ByteProgress& progress) {
    const std::vector<BuiltLayer>& layers = image.layers();
    if (layers.size() > max_layers)
        return build_error("the image has " + std::to_string(layers.size()) + " layers, at most " +
                           std::to_string(max_layers) + " work everywhere");
    ImportedImage out{image.digest(), {}, image.config()};
    std::uint64_t done = 0, total = 0;
    for (const BuiltLayer& layer : layers) total += layer.size;
    const BlobTap told = [&](std::span<const std::byte> bytes) -> Result<void> {
        done += bytes.size();
        return progress ? progress(done, total) : Result<void>();
    };
    for (std::size_t i = 0; i < layers.size(); ++i) {
        auto layer = imported_before(store, layers[i]);
        if (layer) {
            done += layer->size;
        } else {
            auto read = LayerImport(store, image, i).run(told);
            if (!read) return read.error();
            layer = *read;
            if (auto put = store.put_index(layer_index, layer->digest, layer->to_json()); !put) return put.error();
        }
        layer->comment = comment_of(image.config().history[i]);
        out.layers.push_back(std::move(*layer));
    }
    return out;
}

}  // namespace tmplbuild::oci
