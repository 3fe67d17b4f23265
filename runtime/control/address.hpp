// SPDX-License-Identifier: Apache-2.0
// Where the control socket is: in TMPLBUILD_RUN_DIR, else /run/tmplbuild, else a folder of one's own under /tmp (a
// launcher that is not root). Used by the launcher to make it and by tmpl-ctl to find it.
#pragma once

#include <sys/un.h>

#include <optional>
#include <string>
#include <vector>

namespace tmplbuild::control {

// In the order in which they are tried; `given` is TMPLBUILD_RUN_DIR's value, or empty.
std::vector<std::string> run_folders(const std::string& given);
std::string socket_in(const std::string& folder);  // FOLDER/control.sock
// None when the path does not fit into a socket's address (107 bytes).
std::optional<sockaddr_un> address_of(const std::string& path);

}  // namespace tmplbuild::control
