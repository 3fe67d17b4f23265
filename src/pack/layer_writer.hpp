// SPDX-License-Identifier: Apache-2.0
// Takes entries and makes one layer: canonical tar, both digests, compression and the write to the store in one pass
// with bounded memory. Every layer of every step is made here. The same entries give the same bytes on any machine
// (docs/decisions). Never reads a directory by itself: see tree_packer.hpp.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>

#include "base/error.hpp"
#include "io/tar_writer.hpp"
#include "store/built_layer.hpp"
#include "store/store.hpp"

namespace tmplbuild {

// Part of every layer's key: our format's version, the libraries whose bytes end up in a layer, and the setting.
std::string packer_format(Compression compression);

inline constexpr std::int64_t default_mtime = 315532800;  // 1980-01-01, since zip tools refuse less

using EntryType = io::TarHeader::Type;

struct Entry {
    std::string path;  // inside the image, no leading slash: "opt/venv/bin/python"
    EntryType type = EntryType::file;
    std::uint32_t mode = 0644;  // permission bits, setuid and friends included
    std::uint32_t uid = 0, gid = 0;
    std::int64_t mtime = default_mtime;  // seconds; times before default_mtime are raised to it
    std::uint64_t size = 0;              // of a file's content, known in advance
    std::string link{};                  // symlink: text as it is; hardlink: path of an earlier entry
    std::uint32_t device_major = 0, device_minor = 0;
    std::map<std::string, std::string> xattrs{};  // "security.capability" → raw bytes
};

struct PackOptions {
    Compression compression = Compression::zstd;
    std::string comment;
};

class LayerWriter {
  public:
    LayerWriter(const Store& store, PackOptions options);
    ~LayerWriter();
    LayerWriter(LayerWriter&&) noexcept;

    // Entries come in strictly ascending order of `path` (layer_path_less). A build_error: an entry out of order or
    // twice, one with "..", one with a name that readers would take for a whiteout (".wh.…"), or one that no file
    // system holds (a name of 256 bytes, a path or target of 4096). A file's content follows through `write` calls that
    // add up to `size`.
    Result<void> begin(const Entry& entry);
    Result<void> write(std::span<const std::byte> data);
    Result<void> add(const Entry& entry);                                   // no content
    Result<void> add_text(Entry entry, std::string_view content);           // sets size
    Result<void> add_file(Entry entry, const std::filesystem::path& from);  // content of a file on disk; sets size

    // add_whiteout says that what the layers below have at `path` is gone; add_opaque, that all they have in the folder
    // `path` is gone. Both take part in the order under their names in the layer (whiteout_path, opaque_path).
    Result<void> add_whiteout(const std::string& path);
    Result<void> add_opaque(const std::string& path);

    // Ends the tar, flushes it and moves the blob into the store. Without finish() the store keeps nothing.
    Result<BuiltLayer> finish();
    std::uint64_t entries() const;

  private:
    Result<void> put(const Entry& entry);
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

// The order of a layer: by component, so that a folder comes right before its content, and in each folder whiteouts
// come before everything else, the opaque one first (OCI image-spec 1.1, layer.md: they should come before their
// siblings).
bool layer_path_less(std::string_view a, std::string_view b);

}  // namespace tmplbuild
