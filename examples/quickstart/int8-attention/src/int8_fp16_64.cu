// SPDX-License-Identifier: Apache-2.0
// INT8 scores, FP16 values, heads of up to 64. One translation unit per head size: they compile side by side.
#include "attention.cuh"

namespace int8_attention {
int int8_fp16_64(const Arguments& args, void* stream) { return launch_attention<64, HalfValues<64>>(args, stream); }
}  // namespace int8_attention
