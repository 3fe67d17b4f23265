// SPDX-License-Identifier: Apache-2.0
// What a repository says about its submodules, judged as foreign text: names, places and addresses, by the rules of
// `git clone --recurse-submodules` (gitmodules(5), git-fsck(1) "gitmodules*"). Used by git.cpp. Pure. Never fetches.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace tmplbuild {

// Reads the output of `git config --list -z` for a .gitmodules: each submodule's place → its address as written there.
// Of two values the last one counts, as in git. A name that leads upwards is an error.
Result<std::map<std::string, std::string>> read_gitmodules(std::string_view listed);

// Checks that a place in the tree may become a folder: no part is empty, ".", "..", or a name that some file system
// takes for ".git".
Result<void> check_submodule_path(const std::string& path);

// The address to fetch from, on a server, by https, http, ssh (also as host:path) or git; "./" and "../" count from
// `parent`, the address of the repository that names it. Errors: paths of this machine, other helpers ("ext::"), and
// everything that could be taken for an option.
Result<std::string> submodule_url(const std::string& text, const std::string& parent);

}  // namespace tmplbuild
