// SPDX-License-Identifier: Apache-2.0
// Puts a file or folder under another name, on the same file system or another one, never over what is there. Used by
// rename, move, copy, the trash and uploads. A name holds either all of it or nothing.
#pragma once

#include <functional>
#include <string>

#include "console/files/roots.hpp"

namespace tmplbuild::console::files {

// What is told and asked during work that takes long. False: the client has gone, stop.
using GoesOn = std::function<bool()>;

// A name in an open folder.
struct Named {
    int folder = -1;
    std::string name{};
};

// rename(2), which refuses with EEXIST what is there already. The errno of what fails, 0 where nothing does.
int rename_to_free(const Named& from, const Named& to);
// Copies a file, a link as a link, or a folder with all that is below it, to a name that nobody else uses. Removes that
// name where it fails. Devices, pipes and sockets are refused. `skip`: paths below it that are left out.
Reply<void> copy_tree(const Named& from, const Named& to, const GoesOn& goes_on,
                      const std::function<bool(const std::string& inside)>& skip);

}  // namespace tmplbuild::console::files
