// SPDX-License-Identifier: Apache-2.0
// Which files of a folder, each named by its content's digest, were found to hold it. Hashing gigabytes is done once: a
// file that stat(2) describes as it did then (device, inode, size, times of content and of change) is not read again.
// For blobs that leave the store. Never trusts a file for its name or size.
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
    // What is known of the folder, from the store.
    CheckedBlobs(const Store& store, const std::filesystem::path& folder);

    // Does the file hold what its name says? False: it holds something else, or is not there.
    Result<bool> is_sound(const Digest& digest);
    // A file that was just written and hashed on the way.
    void trust(const Digest& digest) { fresh_[digest] = true; }
    // Remembers, where something is new. Waits 20 ms then: a change within one tick of the file system's clock could
    // not be told from none.
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
    std::map<Digest, Facts> known_;  // before
    std::map<Digest, bool> fresh_;   // found now
};

}  // namespace tmplbuild
