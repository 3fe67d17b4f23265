// SPDX-License-Identifier: Apache-2.0
// The gateway's configuration beside pod.json, in an image: written, and tried by the nginx that goes into the image.
// Used by the engine of pod.json.
#pragma once

#include "engine/step_context.hpp"
#include "pack/entry_set.hpp"

namespace tmplbuild {

// Adds the files that /opt/tmplbuild/gateway/start reads, where the pod has a console. `bundle`: nginx on this machine.
Result<void> add_gateway_files(EntrySet& set, const pod::PodSpec& pod, const std::filesystem::path& bundle,
                               StepContext& context);

}  // namespace tmplbuild
