// SPDX-License-Identifier: Apache-2.0
// INT8 scores, FP8 values, heads of up to 128.
#include "attention.cuh"

namespace int8_attention {
int int8_fp8_128(const Arguments& args, void* stream) { return launch_attention<128, Fp8Values<128>>(args, stream); }
}  // namespace int8_attention
