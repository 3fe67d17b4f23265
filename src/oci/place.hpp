// SPDX-License-Identifier: Apache-2.0
// Where images lie: a place lists its images by descriptor and tag, and opens blobs by descriptor. A layout, an
// oci-archive, a docker-archive and the store are places; whatever else has images becomes one by this interface alone.
// Used by ImageSource, the one reader. A place checks nothing that it gives out: digests, sizes and documents are the
// reader's to check. Never writes, never follows a name out of its folder or archive.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/digest.hpp"
#include "base/error.hpp"
#include "io/decompress.hpp"
#include "oci/documents.hpp"
#include "store/store.hpp"
#include "sys/fd.hpp"

namespace tmplbuild::oci {

// One blob, open at its beginning.
struct Blob {
    std::string name;        // for messages: "out/x/blobs/sha256/…"
    std::uint64_t size = 0;  // as it lies there, whatever a document says
    io::ByteSource read;
    std::shared_ptr<sys::Fd> file{};  // the file that holds this blob and nothing else; none in archives
};

class Place {
  public:
    virtual ~Place() = default;
    virtual std::string name() const = 0;  // what lists the images, for messages: "out/x/index.json"
    // The images there, those with a name carry it as their tag. May ask for `tag` alone (empty: the only image) where
    // listing all would be much.
    virtual Result<std::vector<Descriptor>> images(const std::string& tag) const = 0;
    virtual Result<std::uint64_t> size(const Descriptor& wanted) const = 0;
    virtual Result<Blob> open(const Descriptor& wanted) const = 0;
    // Manifests lie there as somebody wrote them. A docker-archive has none: what stands for one is made while reading,
    // so that its digest says nothing and annotations cannot be there.
    virtual bool has_manifests() const { return true; }
};

// OCI image-spec 1.1, image-layout.md.
Result<std::unique_ptr<Place>> layout_place(const std::filesystem::path& folder);
Result<std::unique_ptr<Place>> oci_archive_place(const std::filesystem::path& file);
// moby's image/tarexport (`docker save`): manifest.json, configurations, layers. Each image becomes a manifest of
// Docker's version 2, schema 2, as containers/image makes it of such a file. Only the image that `reference` names
// ("name:tag"; empty: the only one) is looked at.
Result<std::unique_ptr<Place>> docker_archive_place(const std::filesystem::path& file, const std::string& reference);
// Blobs alone: images() is empty.
std::unique_ptr<Place> store_place(const Store& store);

// The whole of a small blob or document; more than `limit` bytes is an error.
Result<std::string> read_text(const Blob& blob, std::uint64_t limit);

}  // namespace tmplbuild::oci
