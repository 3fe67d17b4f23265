// SPDX-License-Identifier: Apache-2.0
// Between gate_operator.cpp, which knows torch, and gate.cu, which does not.
#pragma once

#include "norm.hpp"

namespace torch_kernel {

// out[i] = x[i] · gate[i] · sigmoid(gate[i]). Dense device memory of one type.
cudaError_t silu_gate(Type type, const void* x, const void* gate, void* out, std::int64_t count, cudaStream_t stream);

}  // namespace torch_kernel
