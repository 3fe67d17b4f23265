// SPDX-License-Identifier: Apache-2.0
// Where a venv's files are looked for: the machine's settings together with what a template and its requirements files
// name. Used by resolve/python.cpp for a resolution, and for fetching again what a lock names. Never written down with
// a user or a password.
#pragma once

#include "resolve/python.hpp"

namespace tmplbuild {

// Puts the request's places into `settings`. Returned: what the lock keeps of them. A folder that is not in the
// context: a usage error.
Result<LockedPlaces> add_places(const PythonRequest& request, PipSettings& settings);
// In the order in which they are asked: those of `places`, the machine's, the default one.
Result<std::vector<std::string>> indexes_of(const PipSettings& settings, const LockedPlaces& places,
                                            ResolveContext& context);
// Says on the progress where else a requirements file lets packages be looked for.
void say_places(const PythonRequest& request, ResolveContext& context);

}  // namespace tmplbuild
