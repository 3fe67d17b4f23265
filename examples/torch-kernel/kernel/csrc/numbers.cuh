// SPDX-License-Identifier: Apache-2.0
// Every type is computed with as float.
#pragma once

#include <cuda_bf16.h>
#include <cuda_fp16.h>

namespace torch_kernel {

__device__ inline float to_float(float value) { return value; }
__device__ inline float to_float(__half value) { return __half2float(value); }
__device__ inline float to_float(__nv_bfloat16 value) { return __bfloat162float(value); }
__device__ inline void store(float& to, float value) { to = value; }
__device__ inline void store(__half& to, float value) { to = __float2half_rn(value); }
__device__ inline void store(__nv_bfloat16& to, float value) { to = __float2bfloat16_rn(value); }

}  // namespace torch_kernel
