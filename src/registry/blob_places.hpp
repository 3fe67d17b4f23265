// SPDX-License-Identifier: Apache-2.0
// In which repositories of a registry blobs were last seen by this store, so that another repository there gets them by
// a mount and not by a move. One small side file a registry. For push and pull. A hint and no more: a registry that has
// the blob no longer is sent it.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/digest.hpp"
#include "base/error.hpp"
#include "base/reference.hpp"
#include "store/store.hpp"

namespace tmplbuild::registry {

class BlobPlaces {
  public:
    // What is known of the registry `host`.
    BlobPlaces(const Store& store, const std::string& host);

    std::string repository_of(const Digest& blob) const;  // empty: not known
    void note(const Digest& blob, const std::string& repository);
    // Remembers what is new, beside what others have noted meanwhile.
    Result<void> save();

  private:
    const Store& store_;
    Digest name_;                                          // of the side file
    std::map<std::string, std::string> places_{}, new_{};  // new_: those that are not remembered yet
};

// Remembers that the repository of `where` has these blobs. What cannot be remembered costs an upload later, and
// nothing now.
void note_blobs(const Store& store, const Reference& where, const std::vector<Digest>& blobs);

}  // namespace tmplbuild::registry
