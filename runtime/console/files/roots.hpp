// SPDX-License-Identifier: Apache-2.0
// The folders that people may work in, and the way of a path to a file beneath one of them. A path is taken apart once;
// from there on the kernel resolves it beneath the root's descriptor (openat2, RESOLVE_BENEATH and NO_MAGICLINKS), so
// that no link, race or odd spelling leads out. What the pod's programs keep for themselves is never opened. Used by
// everything in this folder. Never compares paths as text prefixes.
#pragma once

#include <sys/stat.h>

#include <string>
#include <string_view>
#include <vector>

#include "console/worker/refusal.hpp"
#include "sys/fd.hpp"

namespace tmplbuild::console::files {

struct Root {
    std::string path{};  // as people know it: "/workspace"
    std::string real{};  // where the kernel says that it is
    sys::Fd fd{};
};

// A path beneath a root. Whether something is there is not said.
struct Place {
    const Root* root = nullptr;
    std::string inner{};  // "ComfyUI/output"; empty: the root itself

    std::string path() const;  // the whole, in bytes
    std::string name() const;  // its last part
    Place parent() const;      // of what is no root
    Place child(std::string_view name) const;
    bool is_root() const { return inner.empty(); }
};

class Roots {
  public:
    // Those of `folders` that are there. `kept`: folders of the pod's programs; ".tmplbuild" in a root is one anyway.
    static Roots open(const std::vector<std::string>& folders, std::vector<std::string> kept = {});

    const std::vector<Root>& all() const { return roots_; }

    // Of a path as clients write it: absolute, beneath a root, without ".." and NUL, and in nothing that is kept.
    Reply<Place> place(std::string_view text) const;

    // Links are followed as far as they stay beneath the root; flags may have O_NOFOLLOW.
    Reply<sys::Fd> open_at(const Place& place, int flags) const;
    Reply<sys::Fd> open_folder(const Place& place) const;  // for reading its names
    // A regular file for reading: nothing else is ever waited for.
    Reply<sys::Fd> open_file(const Place& place, struct stat& info) const;
    // What is there; the last link is not followed.
    Reply<struct stat> look_at(const Place& place) const;
    // What a link leads to, where that is beneath the root and may be seen.
    bool follow(const Place& place, struct stat& info) const;
    // Whether it belongs to the pod's own programs, by its path alone: for walks, which follow no link.
    bool keeps(const Place& place) const;
    // Makes the folders on the way to it that are not there, and itself.
    Reply<sys::Fd> make_folders(const Place& place) const;

  private:
    bool is_kept(int fd) const;
    bool is_in_kept(const std::string& real_path) const;

    std::vector<Root> roots_{};
    std::vector<std::string> kept_{};
};

// Of a system call on a file: in words, with the status of errno.
Refusal failed(const std::string& what, std::string_view path, int code);

}  // namespace tmplbuild::console::files
