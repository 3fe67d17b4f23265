// SPDX-License-Identifier: Apache-2.0
// What the state of a kernel means, in one plain sentence for somebody who rented the pod, and with what a service
// computes its attention. Used by the status page, the API and the pod's log. Says nothing that the snapshot does not.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "status/snapshot.hpp"

namespace tmplbuild::console {

// "RTX 3090", "2 × H100 PCIe", "this pod's GPUs"; "this pod" where no GPU is known.
std::string name_of_gpus(const std::vector<status::Gpu>& gpus);

// "compiling for your RTX 3090, about 4 minutes left; everything works meanwhile, attention is slower"
std::string kernel_words(const status::Kernel& kernel, const std::vector<status::Gpu>& gpus);

// "sageattention, sm_89, since it started"; "PyTorch's own: the kernel is still compiling". None for a service that
// uses no kernel or does not run.
std::optional<std::string> attention_words(const status::Service& service, const std::vector<status::Kernel>& kernels);

}  // namespace tmplbuild::console
