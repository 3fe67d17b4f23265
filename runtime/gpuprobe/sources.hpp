// SPDX-License-Identifier: Apache-2.0
// The three sources that can be asked about GPUs. The first two load the driver into the calling process, so each runs
// in a child. Of the three lists, only the driver API's follows CUDA_VISIBLE_DEVICES. Used by probe.cpp. None of them
// judges its answer.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "gpu/answer.hpp"
#include "gpu/usage.hpp"

namespace tmplbuild::gpu {

Answer ask_nvml();  // NVML: libnvidia-ml.so.1
Usage ask_nvml_usage();
Answer ask_cuda();  // the driver API: libcuda.so.1
bool cuda_library_is_here(std::string& problem);

enum class SmiQuestion { gpus, usage };
// Replaces this process by nvidia-smi, with the arguments whose output parse_smi() or parse_smi_usage() reads; returns
// only when there is none.
void become_nvidia_smi(SmiQuestion question);
Answer parse_smi(std::string_view text, int exit_code);
Usage parse_smi_usage(std::string_view text, int exit_code);

}  // namespace tmplbuild::gpu
