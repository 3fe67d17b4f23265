// SPDX-License-Identifier: Apache-2.0
// Places that are one tar: oci-archive and docker-archive. Members are read inside the archive; nothing is unpacked.
#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "base/json.hpp"
#include "base/text.hpp"
#include "io/archive.hpp"
#include "oci/layout_file.hpp"
#include "oci/place.hpp"
#include "store/layer_reader.hpp"

namespace tmplbuild::oci {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t member_limit = 1 << 16;
constexpr int link_limit = 4;  // links that may follow each other

// The members of a tar by name. Other members are not read, since libarchive seeks in a plain tar.
class Members {
  public:
    static Result<Members> of(const fs::path& file) {
        Members out(file);
        auto reader = io::ArchiveReader::open(file);
        if (!reader) return reader.error();
        for (;;) {
            auto entry = reader->next();
            if (!entry) return entry.error();
            if (!*entry) return out;
            const auto [member, first] = out.members_.try_emplace((*entry)->path);
            member->second.twice = !first;
            if (first) {
                member->second.type = (*entry)->type;
                member->second.size = (*entry)->size;
                member->second.link = (*entry)->link;
            }
            if (out.members_.size() > member_limit)
                return build_error("'" + file.string() + "' has more than " + std::to_string(member_limit) +
                                   " files: that is no image");
        }
    }

    std::string name_of(const std::string& path) const { return file_.string() + ":" + path; }
    const fs::path& file() const { return file_; }
    bool has(const std::string& path) const { return members_.contains(path); }

    Result<Blob> open(const std::string& path) const {
        auto found = real(path);
        if (!found) return found.error();
        auto reader = io::ArchiveReader::open(file_);
        if (!reader) return reader.error();
        for (;;) {
            auto entry = reader->next();
            if (!entry) return entry.error();
            if (!*entry) return build_error("'" + file_.string() + "' changes while it is read");
            if ((*entry)->path != found->first) continue;
            auto shared = std::make_shared<io::ArchiveReader>(std::move(*reader));
            return Blob{name_of(path), found->second->size,
                        [shared](std::span<std::byte> into) { return shared->read(into); }};
        }
    }
    Result<std::uint64_t> size(const std::string& path) const {
        auto found = real(path);
        if (!found) return found.error();
        return found->second->size;
    }
    // Such a document has no digest, and tools disagree about which of two with the same name is meant.
    Result<std::string> text(const std::string& path, std::uint64_t limit) const {
        auto found = real(path);
        if (!found) return found.error();
        if (found->second->twice) return build_error("'" + file_.string() + "' holds '" + path + "' twice");
        auto blob = open(path);
        if (!blob) return blob.error();
        return read_text(*blob, limit);
    }

  private:
    struct Member {
        io::TarHeader::Type type = io::TarHeader::Type::file;
        std::uint64_t size = 0;
        std::string link;
        bool twice = false;
    };
    explicit Members(fs::path file) : file_(std::move(file)) {}

    // Older archives of Docker hold a repeated layer as a link to the first one.
    Result<std::pair<std::string, const Member*>> real(std::string path) const {
        const std::string asked = path;
        for (int links = 0; links < link_limit; ++links) {
            const auto found = members_.find(fs::path(path).lexically_normal());
            if (found == members_.end()) break;
            if (found->second.type == io::TarHeader::Type::file) return std::pair{found->first, &found->second};
            if (found->second.type == io::TarHeader::Type::symlink)
                path = (fs::path(path).parent_path() / found->second.link).lexically_normal();
            else if (found->second.type == io::TarHeader::Type::hardlink)
                path = found->second.link;
            else
                break;
        }
        return build_error("'" + file_.string() + "' holds no file '" + asked + "'");
    }

    fs::path file_;
    std::map<std::string, Member> members_;
};

class OciArchive : public Place {
  public:
    explicit OciArchive(Members members) : members_(std::move(members)) {}
    std::string name() const override { return members_.name_of("index.json"); }
    Result<std::vector<Descriptor>> images(const std::string&) const override {
        auto text = members_.text("index.json", document_limit);
        if (!text) return text.error();
        return parse_index(*text, index_type, name());
    }
    Result<std::uint64_t> size(const Descriptor& wanted) const override {
        return members_.size(blob_path(wanted.digest));
    }
    Result<Blob> open(const Descriptor& wanted) const override { return members_.open(blob_path(wanted.digest)); }

  private:
    Members members_;
};

// manifest.json: [{"Config", "RepoTags", "Layers"}]. Blobs have no names of their own in it, so each digest is kept
// with the path of its file.
class DockerArchive : public Place {
  public:
    explicit DockerArchive(Members members) : members_(std::move(members)) {}
    std::string name() const override { return members_.name_of("manifest.json"); }
    bool has_manifests() const override { return false; }
    Result<std::vector<Descriptor>> images(const std::string&) const override { return images_; }
    Result<std::uint64_t> size(const Descriptor& wanted) const override {
        if (const auto made = manifests_.find(wanted.digest); made != manifests_.end()) return made->second.size();
        const auto path = paths_.find(wanted.digest);
        if (path == paths_.end()) return absent(wanted);
        return members_.size(path->second);
    }
    Result<Blob> open(const Descriptor& wanted) const override {
        if (const auto made = manifests_.find(wanted.digest); made != manifests_.end()) return text_blob(made->second);
        const auto path = paths_.find(wanted.digest);
        if (path == paths_.end()) return absent(wanted);
        return members_.open(path->second);
    }

    // Reads only the image that `reference` names (empty: the only one).
    Result<void> read(const std::string& reference) {
        auto text = members_.text("manifest.json", document_limit);
        if (!text) return text.error();
        auto document = json::parse(*text, name());
        if (!document) return document.error();
        if (!document->is_array()) return build_error("'" + name() + "' is not a docker-archive's list of images");
        const json::array& list = document->get_array();
        for (std::size_t i = 0; i < list.size(); ++i) {
            if (!list[i].is_object()) return build_error("'" + name() + "' has an image that is no object");
            const json::object& image = list[i].get_object();
            const std::vector<std::string> tags = tags_of(image);
            const bool meant = reference.empty() ? list.size() == 1 : std::ranges::count(tags, reference) != 0;
            // Only the names of the other images matter.
            Descriptor descriptor{docker_manifest_type, Sha256::of(std::to_string(i)), 0, "", "", false};
            if (meant)
                if (auto taken = take(image, descriptor); !taken) return taken;
            for (const std::string& tag : tags) {
                descriptor.tag = tag;
                images_.push_back(descriptor);
            }
            if (tags.empty()) images_.push_back(descriptor);
        }
        return {};
    }

  private:
    Error absent(const Descriptor& wanted) const {
        return build_error("'" + members_.file().string() + "' has no " + wanted.digest.to_string());
    }
    Blob text_blob(const std::string& text) const {
        auto at = std::make_shared<std::size_t>(0);
        return {name(), text.size(), [text, at](std::span<std::byte> into) -> Result<std::size_t> {
                    const std::size_t size = std::min(into.size(), text.size() - *at);
                    std::copy_n(std::as_bytes(std::span(text)).data() + *at, size, into.data());
                    *at += size;
                    return size;
                }};
    }

    // The descriptor of a layer. Docker 25 and newer keep compressed layers under the layer's own digest.
    Result<json::object> layer_of(const std::string& path, const Digest& diff_id) {
        auto size = members_.size(path);
        if (!size) return size.error();
        Digest digest = diff_id;
        Compression compression = Compression::none;
        static const std::string blobs = "blobs/sha256/";
        const auto named = path.starts_with(blobs) ? Digest::parse_hex(path.substr(blobs.size()))
                                                   : Result<Digest>(build_error("it has no digest"));
        if (named && *named != diff_id) {
            auto blob = members_.open(path);
            if (!blob) return blob.error();
            io::Decompressor tar(blob->read, *size, blob->name);
            auto codec = tar.codec();
            if (!codec) return codec.error();
            for (const Compression one : {Compression::gzip, Compression::zstd})
                if (one == *codec) compression = one;
            if (compression != Compression::none) digest = *named;
        }
        paths_[digest] = path;
        return json::object{
            {"mediaType", layer_media_type(compression)}, {"digest", digest.to_string()}, {"size", *size}};
    }

    static std::vector<std::string> tags_of(const json::object& image) {
        std::vector<std::string> out;
        if (auto tags = json::get_array(image, "RepoTags"))
            for (const json::value& tag : **tags)
                if (tag.is_string()) out.emplace_back(tag.get_string());
        return out;
    }

    // Makes the image's manifest and sets its descriptor.
    Result<void> take(const json::object& image, Descriptor& descriptor) {
        auto path = json::get_string(image, "Config");
        auto list = json::get_array(image, "Layers");
        if (!path) return path.error();
        if (!list) return list.error();
        auto text = members_.text(*path, document_limit);
        if (!text) return text.error();
        auto config = parse_config(*text, members_.name_of(*path));
        if (!config) return config.error();
        if (config->diff_ids.size() != (*list)->size())
            return layers_differ(members_.name_of(*path), config->diff_ids.size(), (*list)->size());
        paths_[Sha256::of(*text)] = *path;
        json::array layers;
        for (std::size_t i = 0; i < config->diff_ids.size(); ++i) {
            const json::value& layer = (**list)[i];
            if (!layer.is_string()) return build_error("'" + name() + "' has a layer without a name");
            auto made = layer_of(std::string(layer.get_string()), config->diff_ids[i]);
            if (!made) return made.error();
            layers.emplace_back(std::move(*made));
        }
        const std::string manifest =
            json::canonical(json::object{{"schemaVersion", 2},
                                         {"mediaType", docker_manifest_type},
                                         {"config", json::object{{"mediaType", docker_config_type},
                                                                 {"digest", Sha256::of(*text).to_string()},
                                                                 {"size", text->size()}}},
                                         {"layers", std::move(layers)}});
        descriptor.digest = Sha256::of(manifest);
        descriptor.size = manifest.size();
        manifests_[descriptor.digest] = manifest;
        return {};
    }

    Members members_;
    std::vector<Descriptor> images_;
    std::map<Digest, std::string> manifests_;
    std::map<Digest, std::string> paths_;  // of configurations and layers
};

}  // namespace

Result<std::unique_ptr<Place>> oci_archive_place(const fs::path& file) {
    auto members = Members::of(file);
    if (!members) return members.error();
    if (!members->has("index.json") && members->has("manifest.json"))
        return usage_error("'" + file.string() + "' is a docker-archive, not an oci-archive",
                           "name it as docker-archive:" + file.string());
    auto text = members->text(layout_file, layout_file_limit);
    const auto said = text ? check_layout_file(*text, members->name_of(layout_file)) : Result<void>(text.error());
    if (!said) return build_error("'" + file.string() + "' is not an OCI archive: " + said.error().message);
    return std::unique_ptr<Place>(std::make_unique<OciArchive>(std::move(*members)));
}

Result<std::unique_ptr<Place>> docker_archive_place(const fs::path& file, const std::string& reference) {
    auto members = Members::of(file);
    if (!members) return members.error();
    if (!members->has("manifest.json") && members->has("index.json"))
        return usage_error("'" + file.string() + "' is an oci-archive, not a docker-archive",
                           "name it as oci-archive:" + file.string());
    auto archive = std::make_unique<DockerArchive>(std::move(*members));
    if (auto read = archive->read(reference); !read) return read.error();
    return std::unique_ptr<Place>(std::move(archive));
}

}  // namespace tmplbuild::oci
