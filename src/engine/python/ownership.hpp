// SPDX-License-Identifier: Apache-2.0
// Decides which distribution owns which file of a venv. Two distributions with one file are an error that names both,
// unless both are allowed to share by name; then the file of the later name stays, whatever the order of anything else.
// Used by the python step and for throwaway venvs. Moves no file.
#pragma once

#include <string>
#include <vector>

#include "engine/python/wheel.hpp"

namespace tmplbuild {

// `wheels` are sorted by name; sets `left_out` of the files that give way. Allowed without permission: an equal
// "__init__.py" (the older way to share a namespace: each distribution has the same one). Errors: shared files; a file
// where another distribution has a folder; anything in the place of the venv's own files. Returns one sentence, for
// people, about each pair of which one gives way to the other with a file that differs.
Result<std::vector<std::string>> settle_ownership(std::vector<Wheel>& wheels, const std::vector<VenvFile>& skeleton,
                                                  const std::vector<std::string>& allow_shared);

}  // namespace tmplbuild
