// SPDX-License-Identifier: Apache-2.0
// What would go wrong with a template at RunPod after it was rented, said before. Each lint stands for an outage that
// people had; docs/runpod.md lists them with their sources. Used by the command `runpod`. Pure.
#pragma once

#include <string>
#include <vector>

#include "runpod/image_facts.hpp"
#include "runpod/pod_template.hpp"

namespace tmplbuild::runpod {

enum class Weight { warning, error };

struct Lint {
    Weight weight = Weight::error;
    std::string name;  // "disk-below-image", for docs and --json
    std::string message, hint;
};

// In the order of docs/runpod.md; errors and warnings mixed.
std::vector<Lint> lint(const PodTemplate& pod_template, const ImageFacts& image);

}  // namespace tmplbuild::runpod
