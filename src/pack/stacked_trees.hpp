// SPDX-License-Identifier: Apache-2.0
// Overlay lower directories as the one root that they make when they are mounted, read without a mount: deletions,
// replaced folders, links. The unpacking of a layer asks it what the layers below have, the sandbox where files that it
// mounts over really lie. Follows the kernel's rules (Documentation/filesystems/overlayfs.rst) and containerd's where a
// path leads through links: inside, never out of the root. Never writes.
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

// A file or folder beneath `root`, no part of the path a link.
sys::Fd open_beneath_no_links(int root, const std::string& path, int flags);

class StackedTrees {
  public:
    // Bottom first.
    static Result<StackedTrees> open(const std::vector<std::filesystem::path>& trees);
    // One more, on top of all; the caller may change it later.
    Result<void> put_on_top(const std::filesystem::path& tree);

    struct Node {
        struct stat facts {};
        std::size_t tree = 0;  // the topmost that has it, 0 is the bottom
    };
    // What stands at a path whose folders are no links; "" is the root. Nothing where nothing is, or it is deleted.
    std::optional<Node> look(const std::string& path) const;
    // Where a path leads, every link followed, the last one too; what is not there stands as written. An error where
    // links go in circles.
    Result<std::string> leads_to(const std::string& path) const;
    int fd(std::size_t tree) const { return roots_[tree].get(); }
    std::size_t size() const { return roots_.size(); }

  private:
    std::vector<sys::Fd> roots_;
};

}  // namespace tmplbuild
