// SPDX-License-Identifier: Apache-2.0
#include "registry/pushed_image.hpp"

#include <algorithm>
#include <functional>

#include "oci/place.hpp"

namespace tmplbuild::registry {

namespace {

using OpenBlob = std::function<Result<oci::Blob>(const oci::Descriptor& wanted)>;

Result<PushedImage> image_of(std::string manifest, std::string media_type, const OpenBlob& open) {
    auto parsed = oci::parse_manifest(manifest, media_type, "the image's manifest");
    if (!parsed) return parsed.error();
    PushedImage out{std::move(manifest), std::move(media_type), {}, {}};
    out.digest = Sha256::of(out.manifest);
    std::vector<oci::Descriptor> wanted = std::move(parsed->layers);
    wanted.push_back(std::move(parsed->config));
    for (oci::Descriptor& one : wanted) {
        const auto is_same = [&](const PushedBlob& blob) { return blob.what.digest == one.digest; };
        if (std::any_of(out.blobs.begin(), out.blobs.end(), is_same)) continue;  // layers of the same bytes
        out.blobs.push_back({one, [open, one] { return open(one); }});
    }
    return out;
}

}  // namespace

std::uint64_t PushedImage::size() const {
    std::uint64_t sum = manifest.size();
    for (const PushedBlob& blob : blobs) sum += blob.what.size;
    return sum;
}

Result<PushedImage> image_of_build(const oci::Image& image, std::shared_ptr<const oci::Place> blobs) {
    return image_of(image.manifest, oci::manifest_type, [blobs](const auto& wanted) { return blobs->open(wanted); });
}

Result<PushedImage> image_of_source(std::shared_ptr<const oci::ImageSource> source) {
    if (!source->has_annotations())
        return usage_error("a docker-archive has no manifest, and a registry takes an image by its manifest",
                           "push it with `skopeo copy`, or build it with -o oci:DIR or -o docker://REF");
    const oci::ImageSource& image = *source;
    return image_of(image.manifest_text(), image.media_type(),
                    [source = std::move(source)](const auto& wanted) { return source->open_blob(wanted); });
}

}  // namespace tmplbuild::registry
