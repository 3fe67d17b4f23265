// SPDX-License-Identifier: Apache-2.0
// A file of the volume in which a workflow is looked for: opened beneath its root, mapped, since a video's description
// may stand at its end. Used by the worker for models; a file that is shortened meanwhile ends that worker alone.
#pragma once

#include <string>

#include "catalogue/carried.hpp"
#include "console/models/places.hpp"
#include "console/worker/refusal.hpp"

namespace tmplbuild::console {

// `path` is absolute, on the volume or in /tmp, and not in .tmplbuild.
Reply<std::string> workflow_of_file(const ModelPlaces& places, const std::string& path);
// The same for bytes that a client sent.
Reply<std::string> workflow_of_bytes(std::string_view bytes);

}  // namespace tmplbuild::console
