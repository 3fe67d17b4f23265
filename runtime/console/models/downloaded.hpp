// SPDX-License-Identifier: Apache-2.0
// What the downloads on the volume tell of model files: one that came whole has a digest and a link already. Reads the
// record that runtime/download keeps, and nothing else of it. Used by the worker for models.
#pragma once

#include <string_view>

#include "console/models/kept_facts.hpp"
#include "console/models/places.hpp"

namespace tmplbuild::console {

// Adds what the downloads that are done say of files that were not changed since.
void learn_from_downloads(const ModelPlaces& places, KeptFacts& facts);

}  // namespace tmplbuild::console
