// SPDX-License-Identifier: Apache-2.0
// An image that lies on this machine, from a layout, an oci-archive or a docker-archive, behind one face: its
// documents, checked, and each layer's tar as a stream. Used by `verify`. Reads only: nothing is unpacked or copied,
// and what lies in an archive is read there.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "io/decompress.hpp"
#include "oci/documents.hpp"
#include "oci/image_name.hpp"
#include "store/store.hpp"

namespace tmplbuild::oci {

// One layer's plain tar. Its end comes only when the blob's digest and the diff ID are what the documents say: what was
// read before is not proven.
class LayerStream {
  public:
    ~LayerStream();
    LayerStream(LayerStream&&) noexcept;
    Result<std::size_t> read(std::span<std::byte> into);  // less than asked for only at the end
    Result<void> finish();                                // reads on to the end, for the check alone

  private:
    friend class ImageSource;
    struct Impl;
    explicit LayerStream(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

// A usage error, in words, unless an image of that kind can lie there: `verify` and `--can-run` answer "no" with exit
// 1, and a name with nothing behind it is no answer.
Result<void> look_for(const ImageName& name);

class ImageSource {
  public:
    // A registry is a usage error, and so is a name with no image behind it. `tag` and reference as ImageName has them;
    // empty: the only image there.
    static Result<ImageSource> open(const ImageName& name);
    // One whose documents and layers are all in the store.
    static Result<ImageSource> of_store(const Store& store, const Digest& manifest);
    ~ImageSource();
    ImageSource(ImageSource&&) noexcept;

    const Digest& digest() const;  // of the manifest; of a docker-archive, which has none: of the config
    const ImageConfig& config() const;
    // Of the manifest; empty when absent. A docker-archive has no annotations.
    std::string annotation(std::string_view name) const;
    bool has_annotations() const;  // the form can hold them
    // Bottom first. Sizes of tars are not known here (0); in a docker-archive a blob's size is 0 too.
    const std::vector<BuiltLayer>& layers() const;
    // Its blob is there and has the right size: all that is asked of a layer whose content is known already.
    Result<void> check_blob(std::size_t layer) const;
    Result<LayerStream> open_layer(std::size_t layer) const;

  private:
    struct Impl;
    explicit ImageSource(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace tmplbuild::oci
