// SPDX-License-Identifier: Apache-2.0
// Between norm_operator.cpp, which knows torch, and norm.cu, which does not.
#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>

namespace torch_kernel {

enum class Type { float32, float16, bfloat16 };

// out[row][i] = x[row][i] / sqrt(mean of the row's squares + epsilon) · weight[i]. Dense device memory of one type.
cudaError_t rms_norm(Type type, const void* x, const void* weight, void* out, std::int64_t rows, std::int64_t columns,
                     float epsilon, cudaStream_t stream);

}  // namespace torch_kernel
