// SPDX-License-Identifier: Apache-2.0
// The one reader of images: from a layout, an oci-archive, a docker-archive or the store, its documents checked
// (digests, sizes, kinds, platform, indexes within indexes) and each layer's tar as a stream. Bases, `inspect`,
// `verify`, `gpus`, `plan` and the proofs of a build read through it, so that they agree about every image. Reads only:
// nothing is unpacked or copied, and what lies in an archive is read there.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "oci/documents.hpp"
#include "oci/image_name.hpp"
#include "oci/place.hpp"
#include "store/layer_reader.hpp"
#include "store/store.hpp"

namespace tmplbuild::oci {

// A usage error, in words, unless an image of that kind can lie there: `verify` and `--can-run` answer "no" with exit
// 1, and a name with nothing behind it is no answer.
Result<void> look_for(const ImageName& name);

class ImageSource {
  public:
    // A registry is a usage error, and so is a name with no image behind it. `tag` and reference as ImageName has them;
    // empty: the only image there.
    static Result<ImageSource> open(const ImageName& name);
    // From any place; `tag` empty: the only image there.
    static Result<ImageSource> in(std::unique_ptr<Place> place, const std::string& tag);
    // One whose documents and layers are all in the store.
    static Result<ImageSource> of_store(const Store& store, const Digest& manifest);
    ~ImageSource();
    ImageSource(ImageSource&&) noexcept;

    const Digest& digest() const;  // of the manifest; of a docker-archive, which has none: of the config
    // The documents as they stand there. What a docker-archive's manifest would be is made up: empty.
    const json::object& manifest() const;
    const json::object& config_document() const;
    const ImageConfig& config() const;
    std::uint64_t size() const;  // bytes of manifest, configuration and layers, as they lie there
    // Of the manifest; empty when absent. A docker-archive has no annotations.
    std::string annotation(std::string_view name) const;
    bool has_annotations() const;                   // the form can hold them
    const std::vector<BuiltLayer>& layers() const;  // bottom first; sizes of tars are not known here (0)
    // Its blob is there and has the right size: all that is asked of a layer whose content is known already.
    Result<void> check_blob(std::size_t layer) const;
    // The blob alone, for those who check it themselves, and the layer's tar.
    Result<Blob> open_blob(std::size_t layer) const;
    Result<LayerReader> open_layer(std::size_t layer) const;

  private:
    struct Impl;
    explicit ImageSource(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace tmplbuild::oci
