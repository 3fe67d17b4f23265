// SPDX-License-Identifier: Apache-2.0
#include "oci/image_source.hpp"

#include <fcntl.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <utility>

#include "base/json.hpp"
#include "base/text.hpp"
#include "io/archive.hpp"
#include "store/layer_reader.hpp"
#include "sys/fd.hpp"
#include "sys/file.hpp"

namespace tmplbuild::oci {

namespace fs = std::filesystem;

namespace {

// Where an image's files lie.
class Place {
  public:
    virtual ~Place() = default;
    virtual std::string name(const std::string& path) const = 0;  // for messages
    virtual Result<io::ByteSource> open(const std::string& path) const = 0;
    virtual Result<std::uint64_t> size(const std::string& path) const = 0;

    Result<std::string> text(const std::string& path) const {
        auto source = open(path);
        if (!source) return source.error();
        std::string out(document_limit + 1, '\0');
        std::size_t size = 0;
        while (size < out.size()) {
            auto got = (*source)(std::as_writable_bytes(std::span(out).subspan(size)));
            if (!got) return got.error();
            if (*got == 0) break;
            size += *got;
        }
        if (size > document_limit)
            return build_error("'" + name(path) + "' is larger than " + human_bytes(document_limit));
        out.resize(size);
        return out;
    }
};

class Folder : public Place {
  public:
    explicit Folder(fs::path folder) : folder_(std::move(folder)) {}
    std::string name(const std::string& path) const override { return folder_ / path; }
    Result<io::ByteSource> open(const std::string& path) const override {
        auto fd = sys::open_fd(folder_ / path, O_RDONLY);
        if (!fd) return fd.error();
        ::posix_fadvise(fd->get(), 0, 0, POSIX_FADV_SEQUENTIAL);
        auto shared = std::make_shared<sys::Fd>(std::move(*fd));
        return io::ByteSource([shared, name = name(path)](std::span<std::byte> into) {
            return sys::read_full(shared->get(), into, name);
        });
    }
    Result<std::uint64_t> size(const std::string& path) const override {
        std::error_code failed;
        const auto size = fs::file_size(folder_ / path, failed);
        if (failed) return os_error("look at", folder_ / path, failed.value());
        return size;
    }

  private:
    fs::path folder_;
};

class ArchiveFile : public Place {
  public:
    explicit ArchiveFile(fs::path file) : file_(std::move(file)) {}
    std::string name(const std::string& path) const override { return file_.string() + ":" + path; }
    Result<io::ByteSource> open(const std::string& path) const override {
        auto found = find(path);
        if (!found) return found.error();
        auto shared = std::make_shared<io::ArchiveReader>(std::move(found->first));
        return io::ByteSource([shared](std::span<std::byte> into) { return shared->read(into); });
    }
    Result<std::uint64_t> size(const std::string& path) const override {
        auto found = find(path);
        if (!found) return found.error();
        return found->second;
    }

  private:
    // Members that are passed over are not read: libarchive seeks in a plain tar. Docker's older archives hold a layer
    // that is there twice as a link to the first.
    Result<std::pair<io::ArchiveReader, std::uint64_t>> find(std::string path) const {
        for (int links = 0; links < 4; ++links) {
            auto reader = io::ArchiveReader::open(file_);
            if (!reader) return reader.error();
            std::optional<std::string> target;
            for (;;) {
                auto entry = reader->next();
                if (!entry) return entry.error();
                if (!*entry) break;
                if ((*entry)->path != path) continue;
                if ((*entry)->type == io::TarHeader::Type::file) return std::pair{std::move(*reader), (*entry)->size};
                if ((*entry)->type == io::TarHeader::Type::symlink)
                    target = (fs::path(path).parent_path() / (*entry)->link).lexically_normal();
                break;
            }
            if (!target) return build_error("'" + file_.string() + "' holds no file '" + path + "'");
            path = *target;
        }
        return build_error("'" + file_.string() + "' holds links to links without end");
    }
    fs::path file_;
};

std::string blob_path(const Digest& digest) { return "blobs/sha256/" + digest.hex(); }

}  // namespace

struct LayerStream::Impl {
    Impl(io::ByteSource raw, std::string of, const BuiltLayer& wanted, std::optional<io::Codec> codec)
        : source(std::move(raw)),
          name(std::move(of)),
          layer(wanted),
          tar([this](std::span<std::byte> into) { return pull(into); }, layer_limit, name, codec) {}

    Result<std::size_t> pull(std::span<std::byte> into) {
        auto got = source(into);
        if (got) blob.update(into.first(*got));
        return got;
    }
    Result<void> end() {
        ended = true;
        const bool whole =
            blob.finish() == layer.digest && (layer.digest == layer.diff_id || content.finish() == layer.diff_id);
        if (whole) return {};
        return build_error("the layer '" + name + "' does not have the digest that the image's documents name",
                           "the image is damaged: write or fetch it again");
    }

    io::ByteSource source;
    std::string name;
    BuiltLayer layer;
    Sha256 blob, content;
    io::Decompressor tar;
    bool ended = false;
};

LayerStream::LayerStream(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
LayerStream::~LayerStream() = default;
LayerStream::LayerStream(LayerStream&&) noexcept = default;

Result<std::size_t> LayerStream::read(std::span<std::byte> into) {
    if (impl_->ended) return 0;
    auto got = impl_->tar.read(into);
    if (!got) return got.error();
    if (impl_->layer.digest != impl_->layer.diff_id) impl_->content.update(into.first(*got));
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

struct ImageSource::Impl {
    std::unique_ptr<Place> place;
    ImageName::Kind kind = ImageName::Kind::layout;
    Digest digest;
    json::object manifest;
    ImageConfig config;
    std::vector<BuiltLayer> layers;
    std::vector<std::string> paths;  // of the layers' files

    Result<std::string> document(const Descriptor& wanted) const {
        const std::string path = blob_path(wanted.digest);
        auto text = place->text(path);
        if (!text) return text.error();
        if (Sha256::of(*text) == wanted.digest) return text;
        return build_error("'" + place->name(path) + "' does not have its digest",
                           "the image is damaged: write or fetch it again");
    }

    // From the image's index, through further ones, to the manifest.
    Result<Descriptor> find_manifest(std::string tag) const {
        std::string name = place->name("index.json"), type = index_type;
        auto text = place->text("index.json");
        if (!text) return text.error();
        for (int depth = 0; depth < index_depth; ++depth) {
            auto entries = parse_index(*text, type, name);
            if (!entries) return entries.error();
            auto chosen = choose(*entries, tag, name);
            if (!chosen) return chosen.error();
            if (!is_index(chosen->media_type)) return chosen;
            text = document(*chosen);
            if (!text) return text.error();
            name = place->name(blob_path(chosen->digest));
            type = chosen->media_type;
            tag.clear();
        }
        return build_error("'" + name + "' leads to indexes within indexes without end");
    }

    Result<void> read_oci(const Descriptor& found) {
        auto text = document(found);
        if (!text) return text.error();
        const std::string name = place->name(blob_path(found.digest));
        auto read = parse_manifest(*text, found.media_type, name);
        if (!read) return read.error();
        digest = found.digest;
        manifest = json::parse(*text, name).value().get_object();
        auto config_text = document(read->config);
        if (!config_text) return config_text.error();
        if (auto set = set_config(*config_text, place->name(blob_path(read->config.digest)), read->layers.size()); !set)
            return set;
        for (std::size_t i = 0; i < read->layers.size(); ++i) {
            const Descriptor& layer = read->layers[i];
            layers.push_back({layer.digest, config.diff_ids[i], layer.size, 0, compression_of(layer.media_type).value(),
                              config.history[i]});
            paths.push_back(blob_path(layer.digest));
        }
        return {};
    }

    // `docker save`'s manifest.json: [{"Config", "RepoTags", "Layers"}].
    Result<void> read_docker(const std::string& reference) {
        auto text = place->text("manifest.json");
        if (!text) return text.error();
        const std::string name = place->name("manifest.json");
        auto document = json::parse(*text, name);
        if (!document) return document.error();
        const json::object* chosen = nullptr;
        std::vector<std::string> names;
        const json::array* images = document->if_array();
        if (images == nullptr) return build_error("'" + name + "' is not a docker-archive's list of images");
        for (const json::value& image : *images) {
            if (!image.is_object()) continue;
            bool meant = reference.empty() && images->size() == 1;
            if (auto tags = json::get_array(image.get_object(), "RepoTags"))
                for (const json::value& tag : **tags)
                    if (tag.is_string()) {
                        names.emplace_back(tag.get_string());
                        meant = meant || names.back() == reference;
                    }
            if (meant) chosen = &image.get_object();
        }
        if (chosen == nullptr)
            return build_error(
                "'" + name + "' has " + (reference.empty() ? "several images" : "no image '" + reference + "'"),
                names.empty() ? "" : "it has: " + join(names, ", "));
        return take_docker(*chosen);
    }

    Result<void> take_docker(const json::object& image) {
        auto path = json::get_string(image, "Config");
        auto list = json::get_array(image, "Layers");
        if (!path) return path.error();
        if (!list) return list.error();
        auto text = place->text(*path);
        if (!text) return text.error();
        digest = Sha256::of(*text);
        if (auto set = set_config(*text, place->name(*path), (*list)->size()); !set) return set;
        for (std::size_t i = 0; i < (*list)->size(); ++i) {
            const json::value& layer = (**list)[i];
            if (!layer.is_string())
                return build_error("'" + place->name("manifest.json") + "' has a layer without a name");
            layers.push_back({config.diff_ids[i], config.diff_ids[i], 0, 0, Compression::none, config.history[i]});
            paths.emplace_back(layer.get_string());
        }
        return {};
    }

    Result<void> set_config(const std::string& text, const std::string& name, std::size_t count) {
        auto read = parse_config(text, name);
        if (!read) return read.error();
        if (read->diff_ids.size() != count)
            return build_error("'" + name + "' lists " + std::to_string(read->diff_ids.size()) +
                               " layers, and the image has " + std::to_string(count));
        config = std::move(*read);
        return {};
    }
};

ImageSource::ImageSource(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ImageSource::~ImageSource() = default;
ImageSource::ImageSource(ImageSource&&) noexcept = default;

Result<void> look_for(const ImageName& name) {
    static constexpr const char* forms =
        "name an image as oci:DIR[:TAG], oci-archive:FILE or docker-archive:FILE; `tmplbuild build` writes "
        "oci:out/<name>";
    if (name.kind == ImageName::Kind::registry) return {};
    const std::string path = "'" + name.path.string() + "'";
    std::error_code failed;
    const fs::file_status status = fs::status(name.path, failed);
    if (status.type() == fs::file_type::not_found) return usage_error("there is no image at " + path, forms);
    if (failed) return os_error("look at", name.path, failed.value());
    const bool folder = fs::is_directory(status);
    if (name.kind != ImageName::Kind::layout) {
        if (folder)
            return usage_error(path + " is a folder, not an archive", "a layout's folder is named as oci:DIR[:TAG]");
        return {};
    }
    if (!folder && name.path.extension() == ".toml")
        return usage_error(path + " is a template, not an image",
                           "name what `tmplbuild build` made of it: oci:out/<name>");
    if (!folder)
        return usage_error(path + " is a file, not a layout's folder",
                           "an archive is named as oci-archive:FILE or docker-archive:FILE");
    if (!fs::exists(name.path / "index.json", failed) && !failed)
        return usage_error("the folder " + path + " is no OCI layout: it has no index.json", forms);
    return {};
}

Result<ImageSource> ImageSource::open(const ImageName& name) {
    if (auto there = look_for(name); !there) return there.error();
    auto impl = std::make_unique<Impl>();
    impl->kind = name.kind;
    if (name.kind == ImageName::Kind::registry)
        return usage_error("'" + name.to_string() + "' is in a registry, and only an image on this machine can be read",
                           "copy it into a layout: `skopeo copy " + name.to_string() + " oci:DIR:TAG`");
    if (name.kind == ImageName::Kind::layout)
        impl->place = std::make_unique<Folder>(name.path);
    else
        impl->place = std::make_unique<ArchiveFile>(name.path);
    if (name.kind == ImageName::Kind::docker_archive) {
        if (auto read = impl->read_docker(name.reference); !read) return read.error();
        return ImageSource(std::move(impl));
    }
    const auto found = impl->find_manifest(name.tag);
    if (!found) return found.error();
    if (auto read = impl->read_oci(*found); !read) return read.error();
    return ImageSource(std::move(impl));
}

Result<ImageSource> ImageSource::of_store(const Store& store, const Digest& manifest) {
    auto impl = std::make_unique<Impl>();
    impl->place = std::make_unique<Folder>(store.root());  // its blobs lie as a layout's do
    if (auto read = impl->read_oci({manifest_type, manifest, 0, "", ""}); !read) return read.error();
    return ImageSource(std::move(impl));
}

const Digest& ImageSource::digest() const { return impl_->digest; }
const ImageConfig& ImageSource::config() const { return impl_->config; }
const std::vector<BuiltLayer>& ImageSource::layers() const { return impl_->layers; }
bool ImageSource::has_annotations() const { return impl_->kind != ImageName::Kind::docker_archive; }

std::string ImageSource::annotation(std::string_view name) const {
    const json::value* notes = impl_->manifest.if_contains("annotations");
    return notes == nullptr || !notes->is_object() ? "" : json::string_or(notes->get_object(), name, "");
}

Result<void> ImageSource::check_blob(std::size_t layer) const {
    auto size = impl_->place->size(impl_->paths[layer]);
    if (!size) return size.error();
    const std::uint64_t wanted = impl_->layers[layer].size;
    if (!has_annotations() || *size == wanted) return {};
    return build_error("the layer '" + impl_->place->name(impl_->paths[layer]) + "' has " + std::to_string(*size) +
                           " bytes, and its manifest says " + std::to_string(wanted),
                       "the image is damaged: write or fetch it again");
}

Result<LayerStream> ImageSource::open_layer(std::size_t layer) const {
    const BuiltLayer& wanted = impl_->layers[layer];
    auto source = impl_->place->open(impl_->paths[layer]);
    if (!source) return source.error();
    // Known from the media type; a docker-archive's layers are plain, whatever their first bytes look like.
    return LayerStream(std::make_unique<LayerStream::Impl>(std::move(*source), impl_->place->name(impl_->paths[layer]),
                                                           wanted, codec_of(wanted.compression)));
}

}  // namespace tmplbuild::oci
