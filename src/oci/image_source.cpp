// SPDX-License-Identifier: Apache-2.0
#include "oci/image_source.hpp"

#include <filesystem>
#include <optional>
#include <utility>

#include "base/text.hpp"

namespace tmplbuild::oci {

namespace fs = std::filesystem;

Result<Blob> Place::open_at(const Descriptor& wanted, std::uint64_t, const std::stop_token&) const {
    return open(wanted);
}

struct ImageSource::Impl {
    std::unique_ptr<Place> place;
    Digest digest;
    json::object manifest{}, config_document{};
    std::string own_text{}, own_type{};  // of the manifest
    ImageConfig config{};
    std::uint64_t size = 0;
    std::vector<Descriptor> blobs{};  // descriptors of the layers
    std::vector<BuiltLayer> layers{};

    Result<Blob> open(const Descriptor& wanted) const {
        auto blob = place->open(wanted);
        if (!blob) return blob;
        if (blob->size != wanted.size)
            return build_error("'" + blob->name + "' does not have its digest and size: it has " +
                                   std::to_string(blob->size) + " bytes, and should have " +
                                   std::to_string(wanted.size),
                               damaged_image_hint);
        return blob;
    }

    struct Document {
        std::string name, text;
    };
    Result<Document> document(const Descriptor& wanted) const {
        auto blob = open(wanted);
        if (!blob) return blob.error();
        auto text = read_text(*blob, document_limit);
        if (!text) return text.error();
        if (Sha256::of(*text) == wanted.digest) return Document{blob->name, std::move(*text)};
        return build_error("'" + blob->name + "' does not have its digest and size", damaged_image_hint);
    }

    // Goes from what the place lists, through nested indexes, to the manifest.
    Result<Descriptor> find_manifest(std::string tag) const {
        std::string name = place->name();
        auto entries = place->images(tag);
        for (int depth = 0; depth < index_depth; ++depth) {
            if (!entries) return entries.error();
            auto chosen = choose(*entries, tag, name);
            if (!chosen || is_manifest(chosen->media_type)) return chosen;
            if (!is_index(chosen->media_type))
                return build_error(
                    "'" + name + "' leads to something of the type '" + chosen->media_type + "', which is no image",
                    chosen->media_type.starts_with("application/vnd.docker.distribution.manifest.v1+")
                        ? "Docker's schema 1 names no content by its digest: push the image again with a "
                          "tool of today"
                        : "");
            auto index = document(*chosen);
            if (!index) return index.error();
            entries = parse_index(index->text, chosen->media_type, index->name);
            name = index->name;
            tag.clear();
        }
        return build_error("'" + name + "' leads to indexes within indexes without end");
    }

    Result<void> read(const Descriptor& found) {
        auto text = document(found);
        if (!text) return text.error();
        auto parsed = parse_manifest(text->text, found.media_type, text->name);
        if (!parsed) return parsed.error();
        auto config_text = document(parsed->config);
        if (!config_text) return config_text.error();
        auto read = parse_config(config_text->text, config_text->name);
        if (!read) return read.error();
        if (read->diff_ids.size() != parsed->layers.size())
            return layers_differ(config_text->name, read->diff_ids.size(), parsed->layers.size());
        config = std::move(*read);
        config_document = json::parse(config_text->text, config_text->name).value().get_object();
        digest = place->has_manifests() ? found.digest : parsed->config.digest;
        if (place->has_manifests()) {
            manifest = json::parse(text->text, text->name).value().get_object();
            own_text = std::move(text->text);
            own_type = found.media_type;
        }
        size = found.size + parsed->config.size;
        blobs = std::move(parsed->layers);
        for (std::size_t i = 0; i < blobs.size(); ++i) {
            size += blobs[i].size;
            layers.push_back({blobs[i].digest, config.diff_ids[i], blobs[i].size, 0,
                              compression_of(blobs[i].media_type).value(), config.history[i]});
        }
        return {};
    }
};

ImageSource::ImageSource(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ImageSource::~ImageSource() = default;
ImageSource::ImageSource(ImageSource&&) noexcept = default;

static const char* const forms =
    "name an image as oci:DIR[:TAG], oci-archive:FILE or docker-archive:FILE; `tmplbuild build` writes oci:out/<name>";

Result<void> look_for(const ImageName& name) {
    if (name.kind == ImageName::Kind::registry)
        return usage_error("'" + name.to_string() + "' is in a registry, and an image on this machine is wanted here",
                           "copy it into a layout: `skopeo copy " + name.to_string() + " oci:DIR:TAG`");
    const std::string path = "'" + name.path.string() + "'";
    std::error_code failed;
    const fs::file_status status = fs::status(name.path, failed);
    if (status.type() == fs::file_type::not_found) return usage_error("there is no image at " + path, forms);
    if (failed) return os_error("look at", name.path, failed.value());
    if (name.kind != ImageName::Kind::layout) {
        if (fs::is_directory(status))
            return usage_error(path + " is a folder, not an archive", "a layout's folder is named as oci:DIR[:TAG]");
        // An archive is read more than once, which a pipe does not allow.
        if (!fs::is_regular_file(status))
            return usage_error(path + " is no regular file, and so no archive", "write it into a file first");
        return {};
    }
    if (!fs::is_directory(status) && name.path.extension() == ".toml")
        return usage_error(path + " is a template, not an image",
                           "name what `tmplbuild build` made of it: oci:out/<name>");
    if (!fs::is_directory(status))
        return usage_error(path + " is a file, not a layout's folder",
                           "an archive is named as oci-archive:FILE or docker-archive:FILE");
    if (!fs::exists(name.path / "index.json", failed) && !failed)
        return usage_error("the folder " + path + " is no OCI layout: it has no index.json", forms);
    return {};
}

static Result<std::unique_ptr<Place>> place_of(const ImageName& name) {
    if (auto there = look_for(name); !there) return there.error();
    if (name.kind == ImageName::Kind::oci_archive) return oci_archive_place(name.path);
    if (name.kind == ImageName::Kind::docker_archive) return docker_archive_place(name.path, name.reference);
    return layout_place(name.path);
}

Result<ImageSource> ImageSource::open(const ImageName& name) {
    auto place = place_of(name);
    if (!place) return place.error();
    return in(std::move(*place), name.kind == ImageName::Kind::docker_archive ? name.reference : name.tag);
}

Result<ImageSource> ImageSource::in(std::unique_ptr<Place> place, const std::string& tag) {
    auto impl = std::make_unique<Impl>(Impl{std::move(place), {}});
    const auto found = impl->find_manifest(tag);
    if (!found) return found.error();
    if (auto read = impl->read(*found); !read) return read.error();
    return ImageSource(std::move(impl));
}

Result<ImageSource> ImageSource::of_store(const Store& store, const Digest& manifest) {
    auto size = store.blob_size(manifest);
    if (!size) return size.error();
    return of(store_place(store), manifest, *size);
}

Result<ImageSource> ImageSource::of(std::unique_ptr<Place> place, const Digest& manifest, std::uint64_t size) {
    auto impl = std::make_unique<Impl>(Impl{std::move(place), {}});
    if (auto read = impl->read({manifest_type, manifest, size, "", "", false}); !read) return read.error();
    return ImageSource(std::move(impl));
}

std::string ImageSource::name() const { return impl_->place->name(); }
bool ImageSource::is_remote() const { return impl_->place->is_remote(); }
const Digest& ImageSource::digest() const { return impl_->digest; }
const json::object& ImageSource::manifest() const { return impl_->manifest; }
const json::object& ImageSource::config_document() const { return impl_->config_document; }
const std::string& ImageSource::manifest_text() const { return impl_->own_text; }
const std::string& ImageSource::media_type() const { return impl_->own_type; }
const ImageConfig& ImageSource::config() const { return impl_->config; }
std::uint64_t ImageSource::size() const { return impl_->size; }
const std::vector<BuiltLayer>& ImageSource::layers() const { return impl_->layers; }
bool ImageSource::has_annotations() const { return impl_->place->has_manifests(); }

std::string ImageSource::annotation(std::string_view name) const {
    const json::value* notes = impl_->manifest.if_contains("annotations");
    return notes == nullptr || !notes->is_object() ? "" : json::string_or(notes->get_object(), name, "");
}

Result<void> ImageSource::check_blob(std::size_t layer) const {
    auto size = impl_->place->size(impl_->blobs[layer]);
    if (!size) return size.error();
    const std::uint64_t wanted = impl_->layers[layer].size;
    if (*size == wanted) return {};
    return build_error("the layer " + impl_->layers[layer].digest.to_string() + " of '" + impl_->place->name() +
                           "' has " + std::to_string(*size) + " bytes, and its manifest says " + std::to_string(wanted),
                       damaged_image_hint);
}

Result<Blob> ImageSource::open_blob(std::size_t layer) const { return impl_->open(impl_->blobs[layer]); }

Result<Blob> ImageSource::open_blob(std::size_t layer, std::uint64_t from, const std::stop_token& stop) const {
    return impl_->place->open_at(impl_->blobs[layer], from, stop);
}

Result<Blob> ImageSource::open_blob(const Descriptor& wanted) const { return impl_->open(wanted); }

Result<LayerReader> ImageSource::open_layer(std::size_t layer) const {
    auto blob = open_blob(layer);
    if (!blob) return blob.error();
    return LayerReader::foreign(std::move(blob->read), std::move(blob->name), impl_->layers[layer]);
}

}  // namespace tmplbuild::oci
