// SPDX-License-Identifier: Apache-2.0
// A place holds images: it lists them by descriptor and tag, and opens blobs by descriptor. A layout, an oci-archive, a
// docker-archive and the store are places; any other source of images becomes one by this interface alone. Used by
// ImageSource, the one reader. A place checks nothing that it returns: digests, sizes and documents are for the reader
// to check. Never writes, never follows a name out of its folder or archive.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <stop_token>
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
    std::uint64_t size = 0;  // its real size, whatever a document says
    io::ByteSource read;
    std::shared_ptr<sys::Fd> file{};  // the file that holds this blob and nothing else; none in archives
    // Of a blob that may come from several sources: told why what came is wrong, the place gives it from another source
    // when it is opened again. False where there is none.
    std::function<bool(const Error& why)> ask_elsewhere{};
};

class Place {
  public:
    virtual ~Place() = default;
    virtual std::string name() const = 0;  // for messages: the file that lists the images, "out/x/index.json"
    // The images there; those with a name carry it as their tag. A place may list only the image of `tag` (empty: the
    // only image) where listing all would be expensive.
    virtual Result<std::vector<Descriptor>> images(const std::string& tag) const = 0;
    virtual Result<std::uint64_t> size(const Descriptor& wanted) const = 0;
    virtual Result<Blob> open(const Descriptor& wanted) const = 0;
    // Whether blobs come over a network: several are read at once then, and one that was cut is gone on with.
    virtual bool is_remote() const { return false; }
    // Of a remote place: the blob from that byte on. Nothing of it is checked that needs the bytes before. `stop` ends
    // its reading, however long nothing comes.
    virtual Result<Blob> open_at(const Descriptor& wanted, std::uint64_t from, const std::stop_token& stop) const;
    // Whether manifests are stored there. A docker-archive has none: its manifests are made while reading, so their
    // digests mean nothing and there are no annotations.
    virtual bool has_manifests() const { return true; }
};

// A folder of OCI image-spec 1.1, image-layout.md.
Result<std::unique_ptr<Place>> layout_place(const std::filesystem::path& folder);
Result<std::unique_ptr<Place>> oci_archive_place(const std::filesystem::path& file);
// A file of moby's image/tarexport (`docker save`): manifest.json, configurations, layers. Each image becomes a
// manifest of Docker's version 2, schema 2, as containers/image makes it from such a file. Only the image that
// `reference` names ("name:tag"; empty: the only one) is read.
Result<std::unique_ptr<Place>> docker_archive_place(const std::filesystem::path& file, const std::string& reference);
// Only opens blobs: images() is empty.
std::unique_ptr<Place> store_place(const Store& store);

// The whole of a small blob or document; more than `limit` bytes is an error.
Result<std::string> read_text(const Blob& blob, std::uint64_t limit);

}  // namespace tmplbuild::oci
