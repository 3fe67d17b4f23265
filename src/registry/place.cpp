// SPDX-License-Identifier: Apache-2.0
#include "registry/place.hpp"

#include <mutex>
#include <optional>
#include <utility>

#include "registry/blob_stream.hpp"
#include "registry/pull.hpp"

namespace tmplbuild::registry {

namespace {

oci::Blob blob_of_text(std::string name, std::string text) {
    auto left = std::make_shared<std::pair<std::string, std::size_t>>(std::move(text), 0);
    const std::uint64_t size = left->first.size();
    return {std::move(name), size, [left](std::span<std::byte> into) -> Result<std::size_t> {
                const auto rest = std::as_bytes(std::span(left->first)).subspan(left->second);
                const auto part = rest.first(std::min(rest.size(), into.size()));
                std::copy(part.begin(), part.end(), into.begin());
                left->second += part.size();
                return part.size();
            }};
}

class RegistryPlace : public oci::Place {
  public:
    RegistryPlace(std::shared_ptr<const Client> client, const Reference& image, std::stop_token stop)
        : client_(std::move(client)),
          session_(std::make_shared<Session>(*client_, image, Access::pull)),
          stop_(std::move(stop)) {}

    std::string name() const override { return "docker://" + session_->image().to_string(); }

    // The reference names one manifest or index, whatever else the repository has.
    Result<std::vector<oci::Descriptor>> images(const std::string&) const override {
        auto document = fetch_manifest(*session_, session_->image().identifier(), stop_);
        if (!document) return document.error();
        oci::Descriptor found{document->media_type, document->digest, document->text.size(), "", "", false};
        first_ = std::move(*document);
        return std::vector{std::move(found)};
    }

    Result<std::uint64_t> size(const oci::Descriptor& wanted) const override {
        auto found = find_blob(*session_, wanted.digest, wanted.size, stop_);
        if (!found) return found.error();
        if (*found) return **found;
        return network_error("the registry has no '" + blob_name(wanted) + "'",
                             "the image in the registry is not whole: push it again");
    }

    Result<oci::Blob> open(const oci::Descriptor& wanted) const override {
        if (first_ && first_->digest == wanted.digest) return blob_of_text(name(), first_->text);
        if (oci::is_manifest(wanted.media_type) || oci::is_index(wanted.media_type)) return open_manifest(wanted);
        return open_at(wanted, 0);
    }

    bool is_remote() const override { return true; }

    Result<oci::Blob> open_at(const oci::Descriptor& wanted, std::uint64_t from) const override {
        auto stream = std::make_shared<BlobStream>(session_, wanted.digest, wanted.size, stop_, from);
        return oci::Blob{blob_name(wanted), wanted.size,
                         [stream](std::span<std::byte> into) { return stream->read(into); }};
    }

  private:
    std::string blob_name(const oci::Descriptor& wanted) const {
        return "docker://" + session_->image().repository_name() + "@" + wanted.digest.to_string();
    }
    Result<oci::Blob> open_manifest(const oci::Descriptor& wanted) const {
        auto document = fetch_manifest(*session_, wanted.digest.to_string(), stop_);
        if (!document) return document.error();
        return blob_of_text(blob_name(wanted), std::move(document->text));
    }

    std::shared_ptr<const Client> client_;
    std::shared_ptr<Session> session_;
    std::stop_token stop_;
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
