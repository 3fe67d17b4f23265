// SPDX-License-Identifier: Apache-2.0
// Element by element, a grid that strides over all of them.
#include <algorithm>

#include "gate.hpp"
#include "numbers.cuh"

namespace torch_kernel {

constexpr int threads = 256;

template <typename Number>
__global__ void __launch_bounds__(threads)
    silu_gate_kernel(const Number* x, const Number* gate, Number* out, std::int64_t count) {
    const std::int64_t step = static_cast<std::int64_t>(gridDim.x) * threads;
    for (std::int64_t i = static_cast<std::int64_t>(blockIdx.x) * threads + threadIdx.x; i < count; i += step) {
        const float g = to_float(gate[i]);
        store(out[i], to_float(x[i]) * g / (1.0f + expf(-g)));
    }
}

template <typename Number>
static cudaError_t start(const void* x, const void* gate, void* out, std::int64_t count, cudaStream_t stream) {
    const std::int64_t blocks = std::min<std::int64_t>((count + threads - 1) / threads, 4096);
    silu_gate_kernel<<<static_cast<unsigned>(blocks), threads, 0, stream>>>(
        static_cast<const Number*>(x), static_cast<const Number*>(gate), static_cast<Number*>(out), count);
    return cudaGetLastError();
}

cudaError_t silu_gate(Type type, const void* x, const void* gate, void* out, std::int64_t count, cudaStream_t stream) {
    if (count == 0) return cudaSuccess;
    switch (type) {
        case Type::float32:
            return start<float>(x, gate, out, count, stream);
        case Type::float16:
            return start<__half>(x, gate, out, count, stream);
        case Type::bfloat16:
            return start<__nv_bfloat16>(x, gate, out, count, stream);
    }
    return cudaErrorInvalidValue;
}

}  // namespace torch_kernel
