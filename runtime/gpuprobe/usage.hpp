// SPDX-License-Identifier: Apache-2.0
// What the GPUs use now: NVML in a child with a deadline, else nvidia-smi. Called by main.cpp. Never ends with a crash,
// never keeps the driver loaded.
#pragma once

#include <chrono>

#include "gpu/usage.hpp"

namespace tmplbuild::gpu {

Usage measure_usage(std::chrono::milliseconds pause);  // `pause` is each source's deadline

}  // namespace tmplbuild::gpu
