// SPDX-License-Identifier: Apache-2.0
// Who an image's first process runs as: `User` of its configuration, looked up in the image's own /etc/passwd and
// /etc/group as Docker does it (moby/sys/user, GetExecUser; image-spec 1.1, config.md, "User"). Used by run_image.cpp.
// Never looks at this machine's users.
#pragma once

#include <string>
#include <string_view>

#include "base/error.hpp"
#include "engine/sandbox/sandbox.hpp"
#include "sys/beneath.hpp"

namespace tmplbuild {

// `user` is a name or a number, with ":" and a group's name or number after it or not; empty: root. A number needs no
// entry. Pure; the texts are those of the two files, empty where there is none.
Result<ProcessUser> find_user(std::string_view user, std::string_view passwd, std::string_view group);

// From the image's root file system; links in it do not lead out of it.
Result<ProcessUser> find_user_in(const sys::Beneath& root, std::string_view user);

}  // namespace tmplbuild
