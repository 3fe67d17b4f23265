// SPDX-License-Identifier: Apache-2.0
// Where the control socket is: in TMPLBUILD_RUN_DIR, else /run/tmplbuild, else a folder of this user under /tmp (for a
// launcher that is not root). The launcher makes it there, and tmpl-ctl looks for it there.
#pragma once

#include <sys/un.h>

#include <optional>
#include <string>
#include <vector>

namespace tmplbuild::control {

// The folders in the order in which they are tried; `given` is the value of TMPLBUILD_RUN_DIR, or empty.
std::vector<std::string> run_folders(const std::string& given);
std::string socket_in(const std::string& folder);  // FOLDER/control.sock
// None when the path does not fit into a socket's address (107 bytes).
std::optional<sockaddr_un> address_of(const std::string& path);

}  // namespace tmplbuild::control
