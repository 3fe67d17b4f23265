// SPDX-License-Identifier: Apache-2.0
// One thread block a row: the squares are summed by lane, by warp, by block; then the row is read again, scaled and
// written.
#include "norm.hpp"
#include "numbers.cuh"

namespace torch_kernel {

constexpr int threads = 256;

__device__ float sum_of_block(float value) {
    __shared__ float of_warp[threads / 32];
    for (int distance = 16; distance > 0; distance /= 2) value += __shfl_xor_sync(0xFFFFFFFFu, value, distance);
    if (threadIdx.x % 32 == 0) of_warp[threadIdx.x / 32] = value;
    __syncthreads();
    float sum = 0;
    for (const float one : of_warp) sum += one;
    return sum;
}

template <typename Number>
__global__ void __launch_bounds__(threads)
    rms_norm_kernel(const Number* x, const Number* weight, Number* out, std::int64_t columns, float epsilon) {
    const std::int64_t row = static_cast<std::int64_t>(blockIdx.x) * columns;
    float squares = 0;
    for (std::int64_t i = threadIdx.x; i < columns; i += threads) {
        const float value = to_float(x[row + i]);
        squares += value * value;
    }
    const float scale = rsqrtf(sum_of_block(squares) / static_cast<float>(columns) + epsilon);
    for (std::int64_t i = threadIdx.x; i < columns; i += threads)
        store(out[row + i], to_float(x[row + i]) * scale * to_float(weight[i]));
}

template <typename Number>
static cudaError_t start(const void* x, const void* weight, void* out, std::int64_t rows, std::int64_t columns,
                         float epsilon, cudaStream_t stream) {
    rms_norm_kernel<<<static_cast<unsigned>(rows), threads, 0, stream>>>(
        static_cast<const Number*>(x), static_cast<const Number*>(weight), static_cast<Number*>(out), columns, epsilon);
    return cudaGetLastError();
}

cudaError_t rms_norm(Type type, const void* x, const void* weight, void* out, std::int64_t rows, std::int64_t columns,
                     float epsilon, cudaStream_t stream) {
    if (rows == 0 || columns == 0) return cudaSuccess;
    if (rows > 0x7FFFFFFF) return cudaErrorInvalidValue;  // the grid's first dimension
    switch (type) {
        case Type::float32:
            return start<float>(x, weight, out, rows, columns, epsilon, stream);
        case Type::float16:
            return start<__half>(x, weight, out, rows, columns, epsilon, stream);
        case Type::bfloat16:
            return start<__nv_bfloat16>(x, weight, out, rows, columns, epsilon, stream);
    }
    return cudaErrorInvalidValue;
}

}  // namespace torch_kernel
