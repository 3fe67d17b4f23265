// SPDX-License-Identifier: Apache-2.0
// Keeps variants that pods made: on this pod's own disk, and on the volume for the next pod. Both hold
// <kernel>/built-<key>/{variant.json,files/}: a folder appears whole, by rename, and its files are hashed when they are
// read. Also keeps notes about keys that failed, and removes variants that no pod has used for 30 days.
#pragma once

#include <optional>
#include <string>

#include "kernel_job/files.hpp"

namespace tmplbuild::job {

struct Made {
    fs::path files;      // the variant's folder, to which `active` points
    std::string digest;  // kernel/variant_digest.hpp
};

// One folder of variants of one kernel: `root`/<kernel>.
class Depot {
  public:
    Depot(const fs::path& root, const std::string& kernel, const std::string& key);
    const fs::path& folder() const { return folder_; }
    // None: there is no such variant. An error: its files are not what variant.json says.
    Result<std::optional<Made>> find() const;
    // Takes `files` over (moved where that is possible, else copied); where another pod was first, its entry stays.
    Result<Made> put(const fs::path& files, const std::string& table);
    Result<Made> copy_from(const Made& made, const std::string& table);
    Result<std::string> table() const;
    void throw_away();  // to be called after find() returned an error
    void mark_used() const;

    std::optional<std::string> failure() const;  // the reason of the last failed try of this key
    void remember_failure(const std::string& why) const;
    void forget_failure() const;
    fs::path lease_file() const;

  private:
    fs::path entry() const;
    fs::path failure_file() const;
    fs::path fresh() const;
    Result<Made> place(const fs::path& made, const std::string& digest, const std::string& table);
    fs::path folder_;
    std::string key_, name_;
};

// Removes entries of any kernel below `root` that were not marked as used for `days`; returns how many.
int collect_unused(const fs::path& root, int days = 30);

}  // namespace tmplbuild::job
