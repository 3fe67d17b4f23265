// SPDX-License-Identifier: Apache-2.0
// The folders of the console's own beneath each root: ROOT/.tmplbuild/trash and ROOT/.tmplbuild/uploads. Nobody else
// may have prepared them (access/kept_folder.hpp). Used by deletion, uploads and copies; the routes reach them in no
// other way.
#pragma once

#include <string>

#include "console/files/roots.hpp"
#include "sys/kept_folder.hpp"

namespace tmplbuild::console::files {

Reply<sys::KeptFolder> own_folder(const Root& root, const std::string& name);
// An id of what lies in it: 16 hex digits. Whatever else a client sends is none.
std::string new_id();
bool is_id(std::string_view text);

}  // namespace tmplbuild::console::files
