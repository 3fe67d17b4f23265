// SPDX-License-Identifier: Apache-2.0
// Who owns which file of a venv. Two distributions that bring one file are an error that names both, unless both are
// allowed to by name; then the later name's file stands, whatever the order of anything else. Used by the python step.
#pragma once

#include <string>
#include <vector>

#include "engine/python/wheel.hpp"

namespace tmplbuild {

// `wheels` sorted by name; sets `left_out` of the files that give way. Without an error, and without leave:
// - an equal "__init__.py" (the older way to share a namespace: each distribution brings the same one).
// Errors: shared files; a file where another distribution has a folder; anything in the place of the venv's own files.
// The value: one sentence for each pair of which one gives way to the other with a file that differs, for people.
Result<std::vector<std::string>> settle_ownership(std::vector<Wheel>& wheels, const std::vector<VenvFile>& skeleton,
                                                  const std::vector<std::string>& allow_shared);

}  // namespace tmplbuild
