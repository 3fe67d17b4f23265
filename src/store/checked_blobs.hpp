// SPDX-License-Identifier: Apache-2.0
// Remembers which files of a folder, each named by its content's digest, were found to hold that content. Gigabytes are
// hashed only once: a file that stat(2) describes as it did then (device, inode, size, times of content and of change)
// is not read again. Used for blobs that leave the store. Never trusts a file for its name or size alone.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

#include "base/digest.hpp"
#include "base/error.hpp"
#include "store/store.hpp"

namespace tmplbuild {

class CheckedBlobs {
  public:
    // Reads from the store what is known of the folder.
    CheckedBlobs(const Store& store, const std::filesystem::path& folder);

    // Whether the file's content has the digest that is its name. False where it has another one, or where there is no
    // file.
    Result<bool> is_sound(const Digest& digest);
    // For a file that was just written and hashed on the way.
    void trust(const Digest& digest) { fresh_[digest] = true; }
    // Stores what is new. It then waits 20 ms first: a change within one tick of the file system's clock could not be
    // told from no change.
    Result<void> save();

  private:
    struct Facts {
        std::uint64_t device = 0, inode = 0, size = 0;
        std::int64_t modified = 0, changed = 0;  // ns
        bool operator==(const Facts&) const = default;
    };
    bool look(const Digest& digest, Facts& facts) const;

    const Store& store_;
    std::filesystem::path folder_;
    Digest name_;                    // of the document in the store
    std::map<Digest, Facts> known_;  // from earlier runs
    std::map<Digest, bool> fresh_;   // in this run
};

}  // namespace tmplbuild
