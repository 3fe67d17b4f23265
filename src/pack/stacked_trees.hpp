// SPDX-License-Identifier: Apache-2.0
// Reads overlay lower directories as the one root that they would be when mounted, without a mount: with deletions,
// replaced folders and links. The unpacking of a layer asks it what the layers below have, and the sandbox, where the
// files that it mounts over really lie. Follows the kernel's rules (Documentation/filesystems/overlayfs.rst) and, where
// a path leads through links, containerd's: a link never leads out of the root. Never writes.
#pragma once

#include <sys/stat.h>

#include <cstddef>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "sys/fd.hpp"

namespace tmplbuild {

// Opens a file or folder beneath `root`; no part of the path may be a link.
sys::Fd open_beneath_no_links(int root, const std::string& path, int flags);

class StackedTrees {
  public:
    // The trees come bottom first.
    static Result<StackedTrees> open(const std::vector<std::filesystem::path>& trees);
    // Adds one tree on top of all; the caller may change its content later.
    Result<void> put_on_top(const std::filesystem::path& tree);

    struct Node {
        struct stat facts {};
        std::size_t tree = 0;  // index of the topmost tree that has it; 0 is the bottom
    };
    // What is at a path whose folders are no links; "" is the root. None where nothing is, or where it is deleted.
    std::optional<Node> look(const std::string& path) const;
    // Where a path leads after all links, its last one included; a part that does not exist stays as written. An error
    // where links form a circle.
    Result<std::string> leads_to(const std::string& path) const;
    int fd(std::size_t tree) const { return roots_[tree].get(); }
    std::size_t size() const { return roots_.size(); }

  private:
    std::vector<sys::Fd> roots_;
};

}  // namespace tmplbuild
