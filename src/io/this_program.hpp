// SPDX-License-Identifier: Apache-2.0
// Where this program lies, for the files that ship with it. Used by the command line, by what starts uv and by what
// picks certificates. Never looks at arguments or the environment, which whoever starts the program can set.
#pragma once

#include <filesystem>
#include <string>

namespace tmplbuild::io {

// The file that holds this program's code, also where a release's own loader started it: /proc/self/exe then names that
// loader (docs/decisions/0023-a-release-brings-its-own-loader.md).
std::filesystem::path this_program();

// A file or folder of share/tmplbuild beside an installed program's folder; whether it exists is not looked at.
std::filesystem::path shared_file(const std::string& name);

}  // namespace tmplbuild::io
