// SPDX-License-Identifier: Apache-2.0
// The one reader of images. It reads from a place, checks the documents (digests, sizes, kinds, platform, indexes
// within indexes), and gives each layer's tar as a stream. Every command and every proof that reads an image reads it
// here, so that they agree about every image. Only reads: nothing is unpacked or copied, and an archive's content is
// read inside the archive.
#pragma once

#include <cstddef>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "oci/documents.hpp"
#include "oci/image_name.hpp"
#include "oci/place.hpp"
#include "store/layer_reader.hpp"
#include "store/store.hpp"

namespace tmplbuild::oci {

// A usage error, in words, unless an image of that kind can be there: `verify` and `--can-run` answer "no" with exit
// code 1, and a name without an image must not look like that answer.
Result<void> look_for(const ImageName& name);

class ImageSource {
  public:
    // A registry is a usage error, and so is a name without an image. Tag and reference have the meaning of ImageName;
    // empty: the only image there.
    static Result<ImageSource> open(const ImageName& name);
    // Reads from any place; `tag` empty: the only image there.
    static Result<ImageSource> in(std::unique_ptr<Place> place, const std::string& tag);
    // An image whose documents and layers are all in the store.
    static Result<ImageSource> of_store(const Store& store, const Digest& manifest);
    // The image of that manifest, of that many bytes, in any place.
    static Result<ImageSource> of(std::unique_ptr<Place> place, const Digest& manifest, std::uint64_t size);
    ~ImageSource();
    ImageSource(ImageSource&&) noexcept;

    std::string name() const;      // of its place, for messages
    bool is_remote() const;        // its layers come over a network
    const Digest& digest() const;  // of the manifest; a docker-archive has none, so there of the config
    // The documents as they were read. A docker-archive has no manifest, so its manifest() is empty.
    const json::object& manifest() const;
    const json::object& config_document() const;
    // The manifest's bytes as they stand there, and its media type; of a docker-archive, empty.
    const std::string& manifest_text() const;
    const std::string& media_type() const;
    const ImageConfig& config() const;
    std::uint64_t size() const;  // bytes of manifest, configuration and layers in this form
    // An annotation of the manifest; empty when absent. A docker-archive has no annotations.
    std::string annotation(std::string_view name) const;
    bool has_annotations() const;                   // whether the form can hold them
    const std::vector<BuiltLayer>& layers() const;  // bottom first; the sizes of their tars are not known (0)
    // Checks that the blob exists and has the right size, which is enough for a layer whose content is known already.
    Result<void> check_blob(std::size_t layer) const;
    // The blob, for callers that check it themselves; and the layer's tar.
    Result<Blob> open_blob(std::size_t layer) const;
    // Of a remote image: from that byte on, and ended by `stop`.
    Result<Blob> open_blob(std::size_t layer, std::uint64_t from, const std::stop_token& stop) const;
    Result<Blob> open_blob(const Descriptor& wanted) const;  // of any that the manifest names
    Result<LayerReader> open_layer(std::size_t layer) const;

  private:
    struct Impl;
    explicit ImageSource(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace tmplbuild::oci
