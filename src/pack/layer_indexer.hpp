// SPDX-License-Identifier: Apache-2.0
// Takes a layer's entries as they pass by and makes the layer's index (kernel/layer_index.hpp). The writer of layers
// feeds it while it packs, so that proofs never unpack a layer again; a layer of unknown origin is fed to it as it is
// read. Memory is bounded: an ELF file of more than a few megabytes waits in an unlinked file until it is complete.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "base/error.hpp"
#include "io/tar_writer.hpp"
#include "kernel/layer_index.hpp"
#include "store/built_layer.hpp"
#include "store/store.hpp"
#include "sys/mapped_file.hpp"

namespace tmplbuild {

class LayerIndexer {
  public:
    explicit LayerIndexer(std::filesystem::path spool_folder);
    ~LayerIndexer();
    LayerIndexer(LayerIndexer&&) noexcept;

    // Entries as the tar has them, whiteouts under their names there; a folder's path may end with a slash.
    Result<void> entry(const io::TarHeader& header);
    Result<void> data(std::span<const std::byte> bytes);  // of the last entry
    Result<std::string> finish(const Digest& diff_id);    // may be called once; returns the index

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

// An index together with its bytes, which are mapped or held here.
class StoredIndex {
  public:
    static Result<StoredIndex> open(sys::MappedFile file);
    static Result<StoredIndex> open(std::string text);
    const kernel::LayerIndex& index() const { return index_; }

  private:
    StoredIndex(std::variant<sys::MappedFile, std::unique_ptr<std::string>> bytes, kernel::LayerIndex index)
        : bytes_(std::move(bytes)), index_(std::move(index)) {}
    // Their address stays the same when this value moves.
    std::variant<sys::MappedFile, std::unique_ptr<std::string>> bytes_;
    kernel::LayerIndex index_;
};

// What the store calls the indexes of layers of this version.
std::string layer_index_kind();
// Keeps the index under the digest of the layer's blob, and under that of its tar.
Result<void> keep_layer_index(const Store& store, const BuiltLayer& layer, std::string_view index);
// None when the store has no index of this version that was made from the layer's bytes.
std::optional<StoredIndex> find_layer_index(const Store& store, const Digest& blob);
// That or, else, one that a shared cache gave. For builds, which trust their caches; never for `verify`.
std::optional<StoredIndex> find_any_layer_index(const Store& store, const Digest& blob);

}  // namespace tmplbuild
