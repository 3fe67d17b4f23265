// SPDX-License-Identifier: Apache-2.0
// Goes through a folder and what is below it. Every step is made from an open folder to a name in it, and no link is
// followed, so nothing outside is ever reached, whatever is renamed meanwhile. Used by lists, searches, sizes, copies,
// zips and deletion.
#pragma once

#include <dirent.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "console/worker/refusal.hpp"
#include "sys/fd.hpp"

namespace tmplbuild::console::files {

// The names in one open folder, without "." and "..".
class Names {
  public:
    explicit Names(sys::Fd folder);
    // None: that was all. `type` is DT_DIR and the like, DT_UNKNOWN resolved.
    const char* next(unsigned char& type);
    int fd() const { return stream_ ? ::dirfd(stream_.get()) : -1; }

  private:
    struct Close {
        void operator()(DIR* stream) const { ::closedir(stream); }
    };
    std::unique_ptr<DIR, Close> stream_;
};

struct Found {
    int folder;  // open: where it is
    const char* name;
    unsigned char type;         // DT_DIR and the like
    const std::string& inside;  // the way there from where the walk began: "a/b/", or empty
};
enum class Step { go_on, skip, stop };  // skip: do not enter this folder

// Calls `visit` for everything below an open folder, folders before what is in them. Folders that cannot be read are
// left out. False: `visit` has stopped it.
bool walk(sys::Fd folder, const std::function<Step(const Found&)>& visit);

// Removes NAME in an open folder with everything below it; `on_step` is called again and again.
Reply<void> remove_all(int folder, const std::string& name, const std::function<void()>& on_step);

struct TreeSize {
    std::uint64_t bytes = 0, files = 0;
    bool truncated = false;  // there is more: it took too long
};
TreeSize size_of_tree(sys::Fd folder, std::chrono::milliseconds longest, const std::function<void()>& on_step);

}  // namespace tmplbuild::console::files
