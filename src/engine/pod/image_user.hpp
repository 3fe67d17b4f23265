// SPDX-License-Identifier: Apache-2.0
// The user as whom an image's first process runs: `User` of its configuration, looked up in the image's own /etc/passwd
// and /etc/group as Docker does it (moby/sys/user, GetExecUser; image-spec 1.1, config.md, "User"). Used by
// run_image.cpp. Never looks at this machine's users.
#pragma once

#include <string>
#include <string_view>

#include "base/error.hpp"
#include "engine/sandbox/sandbox.hpp"
#include "sys/beneath.hpp"

namespace tmplbuild {

// `user` is a name or a number, optionally with ":" and the name or number of a group; empty: root. A number needs no
// entry. Pure; the texts are those of the two files, empty where a file is missing.
Result<ProcessUser> find_user(std::string_view user, std::string_view passwd, std::string_view group);

// Reads the files in the image's root file system; links in it never lead out of it.
Result<ProcessUser> find_user_in(const sys::Beneath& root, std::string_view user);

}  // namespace tmplbuild
