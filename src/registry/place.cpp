// SPDX-License-Identifier: Apache-2.0
#include "registry/place.hpp"

#include <optional>
#include <utility>

#include "registry/pull.hpp"
#include "registry/pull_sources.hpp"

namespace tmplbuild::registry {

namespace {

class RegistryPlace : public oci::Place {
  public:
    RegistryPlace(std::shared_ptr<const Client> client, const Reference& image, std::stop_token stop)
        : sources_(std::move(client), image, std::move(stop)) {}

    std::string name() const override { return "docker://" + sources_.image().to_string(); }

    // The reference names one manifest or index, whatever else the repository has.
    Result<std::vector<oci::Descriptor>> images(const std::string&) const override {
        auto document = sources_.named_manifest();
        if (!document) return document.error();
        oci::Descriptor found{document->media_type, document->digest, document->text.size(), "", "", false};
        first_ = std::move(*document);
        return std::vector{std::move(found)};
    }

    Result<std::uint64_t> size(const oci::Descriptor& wanted) const override { return sources_.size(wanted); }

    Result<oci::Blob> open(const oci::Descriptor& wanted) const override {
        if (first_ && first_->digest == wanted.digest) return blob_of_text(name(), first_->text);
        if (oci::is_manifest(wanted.media_type) || oci::is_index(wanted.media_type)) return open_manifest(wanted);
        return open_at(wanted, 0, {});
    }

    bool is_remote() const override { return true; }

    Result<oci::Blob> open_at(const oci::Descriptor& wanted, std::uint64_t from,
                              const std::stop_token& stop) const override {
        return sources_.open(wanted, from, stop);
    }

  private:
    Result<oci::Blob> open_manifest(const oci::Descriptor& wanted) const {
        auto document = sources_.manifest(wanted.digest);
        if (!document) return document.error();
        return blob_of_text("docker://" + sources_.image().repository_name() + "@" + wanted.digest.to_string(),
                            std::move(document->text));
    }

    mutable PullSources sources_;              // it learns which of them answer
    mutable std::optional<Document> first_{};  // the document that images() fetched, kept for the open() that follows
};

}  // namespace

std::unique_ptr<oci::Place> registry_place(std::shared_ptr<const Client> client, const Reference& image,
                                           std::stop_token stop) {
    return std::make_unique<RegistryPlace>(std::move(client), image, std::move(stop));
}

Result<oci::ImageSource> open_image(const oci::ImageName& name, const std::shared_ptr<const Client>& client,
                                    const std::stop_token& stop) {
    if (name.kind != oci::ImageName::Kind::registry) return oci::ImageSource::open(name);
    auto image = Reference::parse(name.reference);
    if (!image) return image.error();
    return oci::ImageSource::in(registry_place(client, *image, stop), "");
}

}  // namespace tmplbuild::registry
