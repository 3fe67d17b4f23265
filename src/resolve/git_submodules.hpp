// SPDX-License-Identifier: Apache-2.0
// What a repository says about its submodules, judged as foreign text: names, places and addresses, by the rules of
// `git clone --recurse-submodules` (gitmodules(5), git-fsck(1) "gitmodules*"). Pure; used by git.cpp alone. Never
// fetches.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace tmplbuild {

// `git config --list -z` of a .gitmodules → each submodule's place → its address as it stands there. Of two values
// the last one counts, as git reads it. A name that climbs is an error.
Result<std::map<std::string, std::string>> read_gitmodules(std::string_view listed);

// A place in the tree that may become a folder: no part that is empty, ".", "..", or that some file system takes for
// ".git".
Result<void> check_submodule_path(const std::string& path);

// The address to fetch from: of a server, by https, http, ssh (also as host:path) or git; "./" and "../" begin at
// `parent`, the address of the repository that names it. Paths of this machine, other helpers ("ext::"), and whatever
// could be taken for an option are errors.
Result<std::string> submodule_url(const std::string& text, const std::string& parent);

}  // namespace tmplbuild
