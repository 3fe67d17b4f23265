// SPDX-License-Identifier: Apache-2.0
// Which of the driver's GPUs a CUDA program sees: CUDA_VISIBLE_DEVICES by the rules of the CUDA C++ Programming Guide
// ("CUDA Environment Variables"). NVML and nvidia-smi do not follow the variable, so the probe filters their lists with
// this. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "gpu/answer.hpp"

namespace tmplbuild::gpu {

struct VisibleGpus {
    std::vector<SeenGpu> gpus;
    // Indices count in CUDA's own order, fastest first, unless CUDA_DEVICE_ORDER=PCI_BUS_ID. With GPUs of several kinds
    // that order is not NVML's, and only the driver API knows it. Then `gpus` holds all of them.
    bool order_unknown = false;
};

// `variable`: the value of CUDA_VISIBLE_DEVICES, none where it is not set. Entries are indices, "GPU-<uuid>" or
// "MIG-<uuid>", a prefix of a UUID if only one device has it; the first invalid entry ends the list; an empty value
// hides all. A GPU that is divided and has no parts is not visible.
VisibleGpus visible_gpus(const std::vector<SeenGpu>& all, const std::optional<std::string>& variable, bool pci_order);

}  // namespace tmplbuild::gpu
