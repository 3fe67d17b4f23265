// SPDX-License-Identifier: Apache-2.0
// pip's hash-checking mode for a finished resolution: which files of a version may be taken, and whether everything
// that a file with hashes brings has one. Used by a resolution. Pure, except that it hashes files.
#pragma once

#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "base/digest.hpp"
#include "resolve/requirements_text.hpp"

namespace tmplbuild {

class HashPins {
  public:
    explicit HashPins(const AskedPython& asked) : asked_(asked) {}

    bool any() const;  // whether any file is in hash-checking mode
    // The hashes that a file of this version may have: those of the lines that pin it to that version, all of which
    // must agree. `pinned` is false where any file may be taken.
    struct Allowed {
        bool pinned = false;
        std::vector<RequirementHash> hashes;
        SourcePos where;

        bool takes(const Digest& sha256) const;  // compares sha256 hashes alone; see knows_sha256()
        bool knows_sha256() const;
    };
    Allowed allowed(const std::string& project, const std::string& version) const;
    // Checks a file in the store by any of the algorithms. The usage error has the place of the pin.
    static Result<void> check(const Allowed& allowed, const std::string& file, const Digest& sha256,
                              const std::filesystem::path& path);

    // The lines of files in hash-checking mode: everything that they bring must have hashes.
    std::vector<AskedRequirement> checked_requirements() const;
    bool all_checked() const;  // whether every requirement came with hashes
    // `brought`: the projects that those lines bring. The first one without a hash is a usage error.
    Result<void> check_brought(const std::set<std::string>& brought) const;

  private:
    bool is_checked(const AskedRequirement& asked) const {
        return (asked.root < asked_.hash_checked.size() && asked_.hash_checked[asked.root].has_value()) ||
               !asked.what.hashes.empty();
    }
    const AskedPython& asked_;
};

}  // namespace tmplbuild
