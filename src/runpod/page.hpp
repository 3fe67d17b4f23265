// SPDX-License-Identifier: Apache-2.0
// The texts that a template's page needs and the API has no field for: README.md (what runs, which ports, the password,
// what the kernels do on which GPU) and ports.txt (a label for each port). Used by the command `runpod`. Pure.
#pragma once

#include <string>

#include "runpod/image_facts.hpp"
#include "runpod/pod_template.hpp"

namespace tmplbuild::runpod {

// Markdown. `introduction` is the author's own and comes first; empty: none.
std::string readme_text(const PodTemplate& pod_template, const ImageFacts& image, const std::string& introduction);

// "8765/http  Console: …", a line for each port.
std::string ports_text(const PodTemplate& pod_template);

}  // namespace tmplbuild::runpod
