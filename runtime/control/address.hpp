// SPDX-License-Identifier: Apache-2.0
// Where the control socket is: in TMPLBUILD_RUN_DIR, else /run/tmplbuild, else a folder of this user under /tmp (for a
// launcher that is not root). The launcher makes it there, and tmpl-ctl looks for it there.
#pragma once

#include <sys/un.h>

#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"

namespace tmplbuild::control {

// The folders in the order in which they are tried; `given` is the value of TMPLBUILD_RUN_DIR, or empty.
std::vector<std::string> run_folders(const std::string& given);
// An error where it is not this user's own: another user could replace it while the launcher uses it. In /tmp nobody
// else may look into it, but others may pass where this user is root, since the gateway gives up root and has to reach
// the console; then and elsewhere, the modes of the sockets in it decide who may connect.
Result<void> make_run_folder(const std::string& folder);
// The first of run_folders() that is there or can be made; empty: none.
std::string first_run_folder(const std::string& given);
std::string socket_in(const std::string& folder);  // FOLDER/control.sock
// None when the path does not fit into a socket's address (107 bytes).
std::optional<sockaddr_un> address_of(const std::string& path);

}  // namespace tmplbuild::control
