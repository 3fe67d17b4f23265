// SPDX-License-Identifier: Apache-2.0
// The probe's sequence: NVML, then the driver API, then nvidia-smi, each in a child with a deadline, until one answers;
// then the pod's variables are applied to the GPUs. Called by main.cpp. Never keeps CUDA state, never ends with a
// crash.
#pragma once

#include <chrono>
#include <functional>

#include "gpu/answer.hpp"

namespace tmplbuild::gpu {

// Asks every source that is needed; `pause` is each one's deadline.
Answer probe_gpus(std::chrono::milliseconds pause);

// Chooses among the sources' answers: the first that is `ok` or `no_gpu`, else the one that tells most.
Answer conclude(std::vector<Answer> answers);

}  // namespace tmplbuild::gpu
