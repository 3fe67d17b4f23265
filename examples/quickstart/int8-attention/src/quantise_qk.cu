// SPDX-License-Identifier: Apache-2.0
// Q and K to int8.
//   Q: one scale for each row, largest magnitude / 127. It leaves multiplied by the softmax scale and log2 e, so that
//      the attention kernel gets logarithms to the base 2 from its integer scores with one multiplication.
//   K: the mean key of the head is subtracted first. q·(k − mean) = q·k − q·mean, and q·mean is one number for the
//      whole row, which the softmax cancels; but it is where K's outlying channels sit, so what is left fills the int8
//      range better (the smoothing of SageAttention, Zhang et al., 2024). Then one scale for each block of 64 keys.
#include "arguments.hpp"
#include "columns.cuh"

namespace int8_attention {

// One warp a row, four rows a thread block.
IA_KERNEL(block_threads)
quantise_queries(const std::uint16_t* q, std::int8_t* q8, float* q_scale, int rows, int head_size, int padded,
                 float factor) {
    const int lane = static_cast<int>(threadIdx.x) % warp_size;
    const int row =
        static_cast<int>(blockIdx.x) * (block_threads / warp_size) + static_cast<int>(threadIdx.x) / warp_size;
    if (row >= rows) return;  // a whole warp
    const std::uint16_t* from = q + static_cast<std::size_t>(row) * static_cast<std::size_t>(head_size);
    float largest = 0;
    for (int channel = lane; channel < head_size; channel += warp_size)
        largest = fmaxf(largest, fabsf(half_to_float(from[channel])));
    for (int distance = warp_size / 2; distance > 0; distance /= 2)
        largest = fmaxf(largest, from_lane(largest, distance));
    const float inverse = largest > 0 ? 127.0f / largest : 0.0f;
    std::int8_t* to = q8 + static_cast<std::size_t>(row) * static_cast<std::size_t>(padded);
    for (int channel = lane; channel < padded; channel += warp_size)
        to[channel] = channel < head_size ? round_to_int8(half_to_float(from[channel]) * inverse) : std::int8_t{0};
    if (lane == 0) q_scale[row] = largest / 127.0f * factor;
}

// One thread block for each block of 64 keys; blockIdx.y is the head.
IA_KERNEL(block_threads)
quantise_keys(const std::uint16_t* k, const float* mean, std::int8_t* k8, float* k_scale, int keys, int head_size,
              int padded) {
    constexpr int warps = block_threads / warp_size;
    const int lane = static_cast<int>(threadIdx.x) % warp_size, warp = static_cast<int>(threadIdx.x) / warp_size;
    const int first = static_cast<int>(blockIdx.x) * key_block;
    const int count = keys - first < key_block ? keys - first : key_block;
    const std::size_t head_row = static_cast<std::size_t>(blockIdx.y) * static_cast<std::size_t>(keys);
    const float* middle = mean + static_cast<std::size_t>(blockIdx.y) * static_cast<std::size_t>(padded);
    auto* shared = reinterpret_cast<float*>(shared_memory());

    float largest = 0;
    for (int key = warp; key < count; key += warps) {
        const std::uint16_t* from =
            k + (head_row + static_cast<std::size_t>(first + key)) * static_cast<std::size_t>(head_size);
        for (int channel = lane; channel < head_size; channel += warp_size)
            largest = fmaxf(largest, fabsf(half_to_float(from[channel]) - middle[channel]));
    }
    for (int distance = warp_size / 2; distance > 0; distance /= 2)
        largest = fmaxf(largest, from_lane(largest, distance));
    if (lane == 0) shared[warp] = largest;
    block_barrier();
    for (int other = 0; other < warps; ++other) largest = fmaxf(largest, shared[other]);

    const float inverse = largest > 0 ? 127.0f / largest : 0.0f;
    for (int key = warp; key < count; key += warps) {
        const std::size_t row = head_row + static_cast<std::size_t>(first + key);
        const std::uint16_t* from = k + row * static_cast<std::size_t>(head_size);
        std::int8_t* to = k8 + row * static_cast<std::size_t>(padded);
        for (int channel = lane; channel < padded; channel += warp_size)
            to[channel] = channel < head_size
                              ? round_to_int8((half_to_float(from[channel]) - middle[channel]) * inverse)
                              : std::int8_t{0};
    }
    if (threadIdx.x == 0)
        k_scale[static_cast<std::size_t>(blockIdx.y) * static_cast<std::size_t>(blocks_of(keys, key_block)) +
                blockIdx.x] = largest / 127.0f;
}

}  // namespace int8_attention

// q [rows][head_size] FP16 → q8 [rows][padded], q_scale [rows]. Returns a cudaError_t.
IA_EXPORT int ia_quantise_queries(const std::uint16_t* q, std::int8_t* q8, float* q_scale, int rows, int head_size,
                                  int padded, float softmax_scale, void* stream) {
    using namespace int8_attention;
    if (!is_quantisable(rows, 1, head_size, padded)) return invalid_value;
    const dim3 grid(static_cast<unsigned>(blocks_of(rows, block_threads / warp_size)));
    return launch(quantise_queries, grid, block_threads, 0, stream, q, q8, q_scale, rows, head_size, padded,
                  softmax_scale * log2_of_e);
}

// k [heads][keys][head_size] FP16 → k8 [heads][keys][padded], k_scale [heads][blocks of 64 keys]; mean [heads][padded]
// is scratch memory, and afterwards the mean key. Returns a cudaError_t.
IA_EXPORT int ia_quantise_keys(const std::uint16_t* k, float* mean, std::int8_t* k8, float* k_scale, int heads,
                               int keys, int head_size, int padded, void* stream) {
    using namespace int8_attention;
    if (!is_quantisable(keys, heads, head_size, padded)) return invalid_value;
    const int failed = column_means(k, mean, heads, keys, head_size, padded, stream);
    if (failed != 0) return failed;
    const dim3 grid(static_cast<unsigned>(blocks_of(keys, key_block)), static_cast<unsigned>(heads));
    return launch(quantise_keys, grid, block_threads, 64, stream, k, mean, k8, k_scale, keys, head_size, padded);
}
