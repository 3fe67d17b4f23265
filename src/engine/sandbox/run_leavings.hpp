// SPDX-License-Identifier: Apache-2.0
// Decides about each thing that a user's command left: it becomes part of the layer, is scrubbed as a known cache or as
// the machine's own, or is left out and reported. Used by the run step. Nothing else is ever dropped.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/error.hpp"

namespace tmplbuild {

enum class Leaving {
    kept,
    scrubbed,  // docs/template-reference.md lists them: caches of apt, pip and uv, logs, identities of the machine
    told,      // in a place that is empty in every image: /tmp, /var/tmp, /run, and files that engines write
};
Leaving leaving_of(const std::string& path);  // no leading slash

// Collects what is left out, with its size, for a report when the layer is packed.
class LeftOut {
  public:
    explicit LeftOut(std::filesystem::path upper) : upper_(std::move(upper)) {}
    // Whether the path is left out, with everything below it: for TreePackOptions::skip.
    bool skip(const std::string& path);
    // Adds a file that the command changed and that was never in the upper directory.
    void add(const std::string& path, std::uint64_t bytes);
    // One sentence with the largest of them; empty when only empty folders were left out.
    std::string to_string() const;

  private:
    struct Entry {
        std::string path;
        std::uint64_t bytes = 0;
    };
    std::filesystem::path upper_;
    std::vector<Entry> entries_;
};

// An error that names what a command wrote where a template may put nothing (/workspace, /opt/tmplbuild), by the rule
// that `files` has too. An empty folder is allowed, since a volume is mounted on it. `root`: the merged view.
Result<void> refuse_reserved_places(const std::filesystem::path& root, const std::filesystem::path& upper);

}  // namespace tmplbuild
