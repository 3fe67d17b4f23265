// SPDX-License-Identifier: Apache-2.0
#include "oci/import.hpp"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <optional>
#include <utility>

#include "base/json.hpp"
#include "base/text.hpp"
#include "io/decompress.hpp"
#include "oci/image.hpp"
#include "store/layer_reader.hpp"
#include "sys/fd.hpp"

namespace tmplbuild::oci {

namespace fs = std::filesystem;

namespace {

constexpr const char* layer_index = "imported-layer";  // store index: compressed digest → diff ID and size of the tar
constexpr std::size_t comment_limit = 200;

// A file of the layout, opened without following any link. O_NONBLOCK: a pipe in its place must not hang us.
Result<sys::Fd> open_in(const fs::path& directory, const std::string& path) {
    auto root = sys::open_fd(directory, O_PATH | O_DIRECTORY);
    if (!root) return root.error();
    open_how how{};
    how.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK;
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS;
    sys::Fd fd(static_cast<int>(::syscall(SYS_openat2, root->get(), path.c_str(), &how, sizeof how)));
    const std::string name = directory / path;
    if (!fd && errno == ELOOP)
        return build_error("'" + name + "' is a symbolic link, which an image's layout may not hold");
    if (!fd) return os_error("open", name, errno);
    struct stat facts {};
    if (::fstat(fd.get(), &facts) != 0) return os_error("look at", name, errno);
    if (!S_ISREG(facts.st_mode)) return build_error("'" + name + "' is not a plain file");
    return fd;
}

std::string blob_name(const Digest& digest) { return "blobs/sha256/" + digest.hex(); }

Result<std::string> read_text(const fs::path& directory, const std::string& path, std::uint64_t limit) {
    auto fd = open_in(directory, path);
    if (!fd) return fd.error();
    std::string text(limit + 1, '\0');
    auto got = sys::read_full(fd->get(), std::as_writable_bytes(std::span(text)), directory / path);
    if (!got) return got.error();
    if (*got > limit) return build_error("'" + (directory / path).string() + "' is larger than it should be");
    text.resize(*got);
    return text;
}

Result<std::string> read_document(const fs::path& directory, const Descriptor& wanted) {
    const std::string name = (directory / blob_name(wanted.digest)).string();
    if (wanted.size > document_limit)
        return build_error("'" + name + "' is larger than " + human_bytes(document_limit));
    auto text = read_text(directory, blob_name(wanted.digest), wanted.size);
    if (!text) return text.error();
    if (text->size() != wanted.size || Sha256::of(*text) != wanted.digest)
        return build_error("'" + name + "' does not have its digest and size", "the layout is damaged: write it again");
    return text;
}

Result<void> check_layout(const fs::path& directory) {
    auto text = read_text(directory, "oci-layout", 4096);
    if (!text) {
        Error error = build_error("'" + directory.string() + "' is not an OCI image layout: " + text.error().message);
        error.hint = "`skopeo copy docker://IMAGE oci:DIR:TAG` makes one";
        return error;
    }
    auto document = json::parse(*text, directory / "oci-layout");
    if (!document) return document.error();
    if (!document->is_object() || json::string_or(document->get_object(), "imageLayoutVersion", "") != "1.0.0")
        return build_error("'" + (directory / "oci-layout").string() +
                           "' does not say \"imageLayoutVersion\": \"1.0.0\"");
    return {};
}

// From the layout's index, through further indexes, to the manifest's descriptor.
Result<Descriptor> find_manifest(const fs::path& directory, const std::string& tag) {
    auto text = read_text(directory, "index.json", document_limit);
    if (!text) return text.error();
    std::string name = directory / "index.json", wanted_tag = tag, type = index_type;
    for (int depth = 0; depth < index_depth; ++depth) {
        auto entries = parse_index(*text, type, name);
        if (!entries) return entries.error();
        auto chosen = choose(*entries, wanted_tag, name);
        if (!chosen) return chosen.error();
        if (is_manifest(chosen->media_type)) return chosen;
        if (!is_index(chosen->media_type))
            return build_error("'" + name + "' leads to something of the type '" + chosen->media_type +
                               "', which is no image");
        text = read_document(directory, *chosen);
        if (!text) return text.error();
        name = directory / blob_name(chosen->digest);
        type = chosen->media_type;
        wanted_tag.clear();
    }
    return build_error("'" + directory.string() + "' has indexes within indexes without end");
}

// Reads one blob once: its digest, its content's digest, and a copy where one is wanted.
class LayerImport {
  public:
    LayerImport(const Store& store, const fs::path& directory, const Descriptor& wanted)
        : store_(store), file_(directory / blob_name(wanted.digest)), wanted_(wanted) {}
    ~LayerImport() {
        if (!temporary_.empty()) ::unlink(temporary_.c_str());
    }
    LayerImport(const LayerImport&) = delete;
    LayerImport& operator=(const LayerImport&) = delete;

    Result<BuiltLayer> run(const fs::path& directory, const std::function<Result<void>(std::uint64_t)>& told) {
        auto fd = open_in(directory, blob_name(wanted_.digest));
        if (!fd) return fd.error();
        blob_ = std::move(*fd);
        ::posix_fadvise(blob_.get(), 0, 0, POSIX_FADV_SEQUENTIAL);
        if (auto begun = begin_copy(); !begun) return begun.error();
        auto layer = read(told);
        if (!layer) return layer;
        if (auto kept = keep(); !kept) return kept.error();
        return layer;
    }

  private:
    bool can_link() const {
        struct stat facts {};
        return ::fstat(blob_.get(), &facts) == 0 && facts.st_uid == ::geteuid() && (facts.st_mode & 0222) == 0;
    }

    Result<void> begin_copy() {
        auto name = store_.new_temp_file();
        if (!name) return name.error();
        temporary_ = *name;
        // By descriptor (open(2), linkat(2)): the name may lead elsewhere by now.
        const std::string self = "/proc/self/fd/" + std::to_string(blob_.get());
        if (can_link() && ::linkat(AT_FDCWD, self.c_str(), AT_FDCWD, temporary_.c_str(), AT_SYMLINK_FOLLOW) == 0)
            return {};
        auto copy = sys::open_fd(temporary_, O_WRONLY | O_CREAT | O_EXCL, 0600);
        if (!copy) return copy.error();
        copy_ = std::move(*copy);
        return {};
    }

    Result<std::size_t> pull(std::span<std::byte> into, const std::function<Result<void>(std::uint64_t)>& told) {
        auto got = sys::read_full(blob_.get(), into, file_);
        if (!got) return got;
        hash_.update(into.first(*got));
        size_ += *got;
        if (size_ > wanted_.size) return damaged();
        if (copy_)
            if (auto put = sys::write_all(copy_.get(), into.first(*got), temporary_); !put) return put.error();
        if (told)
            if (auto heard = told(*got); !heard) return heard.error();
        return got;
    }

    Error damaged() const {
        return build_error("'" + file_.string() + "' does not have its digest and size",
                           "the layout is damaged: write it again");
    }

    Result<BuiltLayer> read(const std::function<Result<void>(std::uint64_t)>& told) {
        const Compression compression = compression_of(wanted_.media_type).value();
        io::Decompressor tar([&](std::span<std::byte> into) { return pull(into, told); }, layer_limit, file_);
        auto codec = tar.codec();
        if (!codec) return codec.error();
        if (*codec != codec_of(compression))
            return build_error("the layer '" + file_.string() + "' is not compressed as its media type '" +
                               wanted_.media_type + "' says");
        BuiltLayer layer{wanted_.digest, {}, wanted_.size, 0, compression, ""};
        Sha256 content;
        std::vector<std::byte> buffer(1 << 20);
        for (std::size_t got = buffer.size(); got == buffer.size();) {
            auto more = tar.read(buffer);
            if (!more) return more.error();
            got = *more;
            content.update(std::span<const std::byte>(buffer).first(got));
            layer.tar_size += got;
        }
        if (size_ != wanted_.size || hash_.finish() != wanted_.digest) return damaged();
        layer.diff_id = content.finish();
        return layer;
    }

    Result<void> keep() {
        copy_.reset();
        if (auto adopted = store_.adopt_hashed(temporary_, wanted_.digest); !adopted) return adopted;
        ::unlink(temporary_.c_str());  // rename() of two links to one file leaves both (rename(2))
        temporary_.clear();
        return {};
    }

    const Store& store_;
    fs::path file_, temporary_;
    const Descriptor& wanted_;
    sys::Fd blob_, copy_;
    Sha256 hash_;
    std::uint64_t size_ = 0;
};

std::optional<BuiltLayer> imported_before(const Store& store, const Descriptor& wanted) {
    const auto size = store.blob_size(wanted.digest);
    if (!size || *size != wanted.size) return std::nullopt;
    const auto document = store.find_index(layer_index, wanted.digest);
    if (!document || !document->is_object()) return std::nullopt;
    auto layer = BuiltLayer::from_json(document->get_object());
    // The same bytes under another media type are another claim, to be checked again.
    if (!layer || layer->digest != wanted.digest || layer->compression != compression_of(wanted.media_type).value())
        return std::nullopt;
    return *layer;
}

// Of a foreign history: one line, cut where a UTF-8 character begins.
std::string comment_of(const std::string& history) {
    std::string text = "base: ";
    for (const char c : history) text += c == '\n' || c == '\t' ? ' ' : c;
    if (history.empty()) return "base";
    std::size_t cut = std::min(text.size(), comment_limit);
    while (cut < text.size() && (static_cast<unsigned char>(text[cut]) & 0xc0) == 0x80) --cut;
    return text.substr(0, cut);
}

}  // namespace

Result<ImportedImage> import_layout(const Store& store, const fs::path& directory, const std::string& tag,
                                    const ByteProgress& progress) {
    if (auto checked = check_layout(directory); !checked) return checked.error();
    auto found = find_manifest(directory, tag);
    if (!found) return found.error();
    auto text = read_document(directory, *found);
    if (!text) return text.error();
    const std::string name = directory / blob_name(found->digest);
    auto manifest = parse_manifest(*text, found->media_type, name);
    if (!manifest) return manifest.error();
    if (manifest->layers.size() > max_layers)
        return build_error("'" + name + "' has " + std::to_string(manifest->layers.size()) + " layers, at most " +
                           std::to_string(max_layers) + " work everywhere");
    auto config_text = read_document(directory, manifest->config);
    if (!config_text) return config_text.error();
    auto config = parse_config(*config_text, directory / blob_name(manifest->config.digest));
    if (!config) return config.error();
    if (config->diff_ids.size() != manifest->layers.size())
        return build_error("'" + name + "' has " + std::to_string(manifest->layers.size()) +
                           " layers, and its configuration lists " + std::to_string(config->diff_ids.size()));
    ImportedImage image{found->digest, {}, std::move(*config)};
    std::uint64_t done = 0, total = 0;
    for (const Descriptor& layer : manifest->layers) total += layer.size;
    for (std::size_t i = 0; i < manifest->layers.size(); ++i) {
        const Descriptor& wanted = manifest->layers[i];
        auto layer = imported_before(store, wanted);
        if (!layer) {
            auto read = LayerImport(store, directory, wanted).run(directory, [&](std::uint64_t more) -> Result<void> {
                done += more;
                return progress ? progress(done, total) : Result<void>();
            });
            if (!read) return read.error();
            layer = *read;
            if (auto put = store.put_index(layer_index, wanted.digest, layer->to_json()); !put) return put.error();
        }
        if (layer->diff_id != image.config.diff_ids[i])
            return build_error("the layer '" + (directory / blob_name(wanted.digest)).string() +
                               "' does not hold what the image's configuration says: " + layer->diff_id.to_string() +
                               " instead of " + image.config.diff_ids[i].to_string());
        layer->comment = comment_of(image.config.history[i]);
        image.layers.push_back(std::move(*layer));
    }
    return image;
}

}  // namespace tmplbuild::oci
