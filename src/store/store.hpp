// SPDX-License-Identifier: Apache-2.0
// The local store: blobs by digest and records by key, shared by any number of processes. A file appears in it only
// whole (write, fsync, rename) and read-only; a killed build leaves nothing that a later one trusts.
// Layout: <root>/blobs/sha256/<hex>, <root>/records/<hex>.json, <root>/index/… (small side files), <root>/tmp/.
// Never holds secrets or anything keyed by a name that can change meaning.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/canonical_key.hpp"
#include "base/digest.hpp"
#include "base/error.hpp"
#include "store/built_layer.hpp"
#include "sys/file.hpp"

namespace tmplbuild {

// The shared cache from which a record came; empty for what this store's own builds made.
struct RecordOrigin {
    std::string cache;      // "docker://ghcr.io/me/cache"
    std::string signed_by;  // the signing key's digest; empty: not signed, or not looked at
    bool operator==(const RecordOrigin&) const = default;
};

// What one finished step left: its layers and facts, with the key that led to them.
struct Record {
    std::string step;  // "kernel:int8-attention:8.9"
    CanonicalKey key;
    std::vector<BuiltLayer> layers;
    json::object facts;  // what later stages need to know (proofs, contract, installed packages)
    double seconds = 0;
    std::uint64_t peak_memory = 0;  // bytes; 0 where it was not measured
    RecordOrigin from{};
    // Of what the step was made over, as far as its key does not name it byte by byte; none where the key does.
    std::optional<Digest> basis{};
    // Who has signed what it rests on and came from caches, itself included, by ids of keys; "" stands for nobody.
    // Empty: all of it was made here.
    std::set<std::string> signers{};
};

class Store {
  public:
    // Makes the folders. default_root() is $TMPLBUILD_CACHE, else $XDG_CACHE_HOME/tmplbuild, else ~/.cache/tmplbuild.
    static Result<Store> open(const std::filesystem::path& root);
    static std::filesystem::path default_root();
    const std::filesystem::path& root() const { return root_; }

    // --- blobs ---
    bool has_blob(const Digest& digest) const;
    std::filesystem::path blob_path(const Digest& digest) const;
    Result<std::uint64_t> blob_size(const Digest& digest) const;
    // Checks that the content has this digest.
    Result<void> put_blob(const Digest& digest, std::string_view content) const;
    // Hashes `file`, which lies in new_temp_file()'s folder, then moves it in. The digest must match `expected` when
    // given.
    Result<Digest> adopt_blob(const std::filesystem::path& file, const std::optional<Digest>& expected) const;
    // Like adopt_blob without hashing again: only for a writer that hashed what it wrote. fsyncs, chmods 0444, renames.
    Result<void> adopt_hashed(const std::filesystem::path& file, const Digest& digest) const;
    // Removes a blob that does not have its digest, so that the next build makes it again; returns the error that says
    // so.
    Error discard_damaged(const Digest& digest) const;
    Result<std::filesystem::path> new_temp_file() const;  // a new name under tmp/, on the same file system
    Result<sys::TempDirectory> new_temp_directory(std::string_view prefix) const;

    // --- records ---
    // The record of a key, if all its blobs are there with the right sizes; a damaged record counts as none.
    std::optional<Record> find_record(const Digest& key) const;
    Result<void> put_record(const Record& record) const;
    // The record of the same step whose key differs in the fewest inputs; `explain` compares with it.
    std::optional<Record> nearest_record(const std::string& step, const CanonicalKey& key) const;

    // --- side files: small JSON documents by (kind, digest), e.g. symbol indexes and base contracts ---
    std::optional<json::value> find_index(const std::string& kind, const Digest& digest) const;
    Result<void> put_index(const std::string& kind, const Digest& digest, const json::value& document) const;

    // The path of a side file that is not JSON and is read in place (mapped). A file there is always complete.
    std::filesystem::path side_file(const std::string& kind, const Digest& digest) const;
    // The kind of side files of that kind which a shared cache gave: nobody here has made them from the blob's bytes.
    static std::string given_kind(const std::string& kind) { return kind + "-given"; }
    Result<void> put_side_file(const std::string& kind, const Digest& digest, std::string_view content) const;

    // Removes what dead processes left under tmp/. Called once per build; keeps what live processes hold.
    void sweep_temp() const;

  private:
    explicit Store(std::filesystem::path root) : root_(std::move(root)) {}
    std::filesystem::path root_;
};

}  // namespace tmplbuild
