// SPDX-License-Identifier: Apache-2.0
// The fields that the status of the original template had (comfyui_ready, sageattention_complete,
// installation_complete, log, progress, processes), with their meaning, for scripts that read them. A part of the view.
#pragma once

#include "base/json.hpp"
#include "status/snapshot.hpp"

namespace tmplbuild::console {

json::object original_fields(const status::Snapshot& snapshot);

}  // namespace tmplbuild::console
