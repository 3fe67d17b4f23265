// SPDX-License-Identifier: Apache-2.0
// V to FP8 (e4m3), one scale for each channel of a head, transposed: the second product wants neighbouring keys beside
// each other in memory, which ldmatrix can only arrange for 16-bit numbers. key_of_slot() in layout.hpp says in which
// order. Slots past the last key are zeros, as are channels past the head's size.
#include "arguments.hpp"
#include "columns.cuh"

namespace int8_attention {

// One thread block for each block of 64 keys; blockIdx.y is the head. A lane makes 16 slots of one channel at a time:
// reads are of neighbouring channels, writes are 16 bytes.
IA_KERNEL(block_threads)
transpose_values(const std::uint16_t* v, const float* v_scale, std::uint8_t* v8, int keys, int head_size, int padded) {
    struct alignas(16) Slots {
        std::uint8_t byte[16];
    };
    const int first = static_cast<int>(blockIdx.x) * key_block;
    const std::size_t head = blockIdx.y;
    const std::size_t pitch = static_cast<std::size_t>(blocks_of(keys, key_block)) * key_block;
    for (int item = static_cast<int>(threadIdx.x); item < padded * (key_block / 16); item += block_threads) {
        const int channel = item % padded, group = item / padded;
        const std::size_t column = head * static_cast<std::size_t>(padded) + static_cast<std::size_t>(channel);
        const float scale = v_scale[column];
        Slots slots;
#pragma unroll
        for (int i = 0; i < 16; ++i) {
            const int key = first + key_of_slot(16 * group + i);
            const bool inside = key < keys && channel < head_size && scale > 0;
            const std::size_t at = (head * static_cast<std::size_t>(keys) + static_cast<std::size_t>(key)) *
                                       static_cast<std::size_t>(head_size) +
                                   static_cast<std::size_t>(channel);
            slots.byte[i] = inside ? round_to_e4m3(half_to_float(v[at]) / scale) : std::uint8_t{0};
        }
        *reinterpret_cast<Slots*>(v8 + column * pitch + static_cast<std::size_t>(first + 16 * group)) = slots;
    }
}

}  // namespace int8_attention

// v [heads][keys][head_size] FP16 → v8 [heads][padded][keys up to 64], v_scale [heads][padded]. Returns a cudaError_t.
IA_EXPORT int ia_quantise_values(const std::uint16_t* v, std::uint8_t* v8, float* v_scale, int heads, int keys,
                                 int head_size, int padded, void* stream) {
    using namespace int8_attention;
    if (!is_quantisable(keys, heads, head_size, padded)) return invalid_value;
    const int failed = columns<Column::largest>(v, v_scale, heads, keys, head_size, padded, 1.0f / fp8_maximum, stream);
    if (failed != 0) return failed;
    const dim3 grid(static_cast<unsigned>(blocks_of(keys, key_block)), static_cast<unsigned>(heads));
    return launch(transpose_values, grid, block_threads, 0, stream, v, v_scale, v8, keys, head_size, padded);
}
