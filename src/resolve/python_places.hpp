// SPDX-License-Identifier: Apache-2.0
// Where a venv's files are looked for: the machine's settings together with the places that a template and its
// requirements files name. Used by resolutions, and to fetch what a lock names again. Never stores a user or a
// password.
#pragma once

#include "resolve/python.hpp"

namespace tmplbuild {

// Adds the request's places to `settings`; returns what the lock keeps of them. A folder outside of the context is a
// usage error.
Result<LockedPlaces> add_places(const PythonRequest& request, PipSettings& settings);
// In the order in which they are asked: those of `places`, the machine's, the default.
Result<std::vector<std::string>> indexes_of(const PipSettings& settings, const LockedPlaces& places,
                                            ResolveContext& context);
// Reports on the progress in which other places a requirements file lets packages be looked for.
void say_places(const PythonRequest& request, ResolveContext& context);

}  // namespace tmplbuild
