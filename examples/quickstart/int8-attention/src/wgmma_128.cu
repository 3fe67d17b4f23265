// SPDX-License-Identifier: Apache-2.0
// INT8 scores and FP8 values by wgmma, heads of up to 128.
#include "wgmma_attention.cuh"

namespace int8_attention {
int wgmma_128(const Arguments& args, void* stream) { return launch_wgmma<128>(args, stream); }
}  // namespace int8_attention
