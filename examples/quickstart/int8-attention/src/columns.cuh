// SPDX-License-Identifier: Apache-2.0
// One number for each channel of a head, over all of its keys: the mean (for K) or the largest magnitude (for V).
#pragma once

#include "entry.hpp"
#include "machine.cuh"
#include "numbers.hpp"

namespace int8_attention {

enum class Column { mean, largest };

constexpr int column_threads = 512;  // 16 warps share the keys; a lane has a channel

// in [heads][keys][head_size] FP16 → out [heads][padded], times `factor`. blockIdx.x: which 32 channels, .y: the head.
// The sum is made in a fixed order, so that the result is the same each time.
template <Column what>
IA_KERNEL(column_threads)
column_kernel(const std::uint16_t* in, float* out, int keys, int head_size, int padded, float factor) {
    constexpr int warps = column_threads / warp_size;
    const int lane = static_cast<int>(threadIdx.x) % warp_size, warp = static_cast<int>(threadIdx.x) / warp_size;
    const int channel = static_cast<int>(blockIdx.x) * warp_size + lane;
    const std::uint16_t* from = in + static_cast<std::size_t>(blockIdx.y) * static_cast<std::size_t>(keys) *
                                         static_cast<std::size_t>(head_size);
    auto* shared = reinterpret_cast<float*>(shared_memory());

    float value = 0;
    if (channel < head_size)
        for (int key = warp; key < keys; key += warps) {
            const float x = half_to_float(from[static_cast<std::size_t>(key) * static_cast<std::size_t>(head_size) +
                                               static_cast<std::size_t>(channel)]);
            value = what == Column::mean ? value + x : fmaxf(value, fabsf(x));
        }
    shared[threadIdx.x] = value;
    block_barrier();
    if (warp != 0) return;
    for (int other = 1; other < warps; ++other) {
        const float x = shared[other * warp_size + lane];
        value = what == Column::mean ? value + x : fmaxf(value, x);
    }
    out[static_cast<std::size_t>(blockIdx.y) * static_cast<std::size_t>(padded) + static_cast<std::size_t>(channel)] =
        value * factor;
}

template <Column what>
int columns(const std::uint16_t* in, float* out, int heads, int keys, int head_size, int padded, float factor,
            void* stream) {
    const dim3 grid(static_cast<unsigned>(padded / warp_size), static_cast<unsigned>(heads));
    return launch(column_kernel<what>, grid, column_threads, column_threads * 4, stream, in, out, keys, head_size,
                  padded, factor);
}
inline int column_means(const std::uint16_t* in, float* out, int heads, int keys, int head_size, int padded,
                        void* stream) {
    return columns<Column::mean>(in, out, heads, keys, head_size, padded, 1.0f / static_cast<float>(keys), stream);
}

inline bool is_quantisable(int rows, int heads, int head_size, int padded) {
    return rows > 0 && heads > 0 && heads <= 65535 && head_size > 0 && head_size % 8 == 0 && head_size <= padded &&
           (padded == 64 || padded == 128);
}

}  // namespace int8_attention
