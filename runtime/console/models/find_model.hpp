// SPDX-License-Identifier: Apache-2.0
// One model of the pod's catalogue as something to download, for the original template's POST /download: what the
// worker "find-model" says. Reads the volume; the web process never calls it.
#pragma once

#include "base/json.hpp"
#include "console/models/places.hpp"

namespace tmplbuild::console {

// `wish` has "model_id" and "model_set". An order of POST /api/downloads, or {"error": why there is none}.
json::object find_model(const json::object& wish, const ModelPlaces& places);

}  // namespace tmplbuild::console
