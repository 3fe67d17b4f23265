// SPDX-License-Identifier: Apache-2.0
// The second product, weights × values: how a tile of values comes to shared memory, and how the weights, which are
// accumulators of the first product, become its left operand without leaving their lanes. Two policies: FP16 and FP8.
#pragma once

#include "softmax.cuh"

namespace int8_attention {

// V as it came: [key][channel] in FP16. A tile is 64 keys × 64 channels; a head of 128 has two beside each other.
template <int channels>
struct HalfValues {
    static constexpr int tile_bytes = key_block * channels * 2;
    static constexpr int row_bytes = 128;
    static constexpr bool scaled = false;

    IA_DEVICE static void load(std::uint32_t to, const Arguments& args, const Work& work, int first_key) {
        const std::size_t pitch = static_cast<std::size_t>(args.head_size) * 2;
        const std::size_t row = static_cast<std::size_t>(work.key_head) * static_cast<std::size_t>(args.keys) +
                                static_cast<std::size_t>(first_key);
        const auto* from = static_cast<const std::uint8_t*>(args.v) + row * pitch;
        for (int part = 0; part < channels / 64; ++part) {
            const int valid_bytes = args.head_size * 2 - part * row_bytes;
            load_tile<key_block, row_bytes>(to + static_cast<std::uint32_t>(part * key_block * row_bytes),
                                            valid_bytes > 0 ? from + part * row_bytes : from, pitch,
                                            args.keys - first_key, valid_bytes);
        }
    }

    IA_DEVICE static void multiply(float (&out)[channels / 8][4], const float (&weights)[score_tiles][4],
                                   std::uint32_t tile, const Work& work) {
#pragma unroll
        for (int step = 0; step < key_block / 16; ++step) {
            // Two neighbouring accumulator tiles are just the registers of a 16-wide left operand.
            const std::uint32_t left[4] = {pack_half(weights[2 * step][0], weights[2 * step][1]),
                                           pack_half(weights[2 * step][2], weights[2 * step][3]),
                                           pack_half(weights[2 * step + 1][0], weights[2 * step + 1][1]),
                                           pack_half(weights[2 * step + 1][2], weights[2 * step + 1][3])};
#pragma unroll
            for (int pair = 0; pair < channels / 16; ++pair) {
                const std::uint32_t part = tile + static_cast<std::uint32_t>(pair / 4 * key_block * row_bytes);
                std::uint32_t right[4];
                load_matrices_transposed(
                    right, part + tile_offset(value_row(work.lane, step), value_chunk(work.lane, pair % 4), row_bytes));
                multiply_half(out[2 * pair], left, right[0], right[1]);
                multiply_half(out[2 * pair + 1], left, right[2], right[3]);
            }
        }
    }
};

// FP8 left operands of the second product: 32 weights of a row are two registers for each of the two rows.
#if !defined(__CUDA_ARCH__) || __CUDA_ARCH__ >= 890
IA_DEVICE void pack_weights_e4m3(std::uint32_t (&to)[key_block / 32][4], const float (&weights)[score_tiles][4]) {
#pragma unroll
    for (int step = 0; step < key_block / 32; ++step)
#pragma unroll
        for (int reg = 0; reg < 4; ++reg) {
            const int tile = 4 * step + 2 * (reg / 2), i = 2 * (reg % 2);  // key_of_slot() in layout.hpp says why
            to[step][reg] = pack_e4m3(weights[tile][i] * fp8_maximum, weights[tile][i + 1] * fp8_maximum,
                                      weights[tile + 1][i] * fp8_maximum, weights[tile + 1][i + 1] * fp8_maximum);
        }
}

// V quantised to e4m3 and transposed: [channel][slot], 64 slots of 64 keys to a row (quantise_v.cu).
template <int channels>
struct Fp8Values {
    static constexpr int tile_bytes = channels * key_block;
    static constexpr int row_bytes = key_block;
    static constexpr bool scaled = true;

    IA_DEVICE static void load(std::uint32_t to, const Arguments& args, const Work& work, int first_key) {
        const std::size_t pitch = static_cast<std::size_t>(blocks_of(args.keys, key_block)) * key_block;
        const auto* from = static_cast<const std::uint8_t*>(args.v) +
                           static_cast<std::size_t>(work.key_head) * channels * pitch + first_key;
        load_tile<channels, row_bytes>(to, from, pitch, channels, row_bytes);
    }

    IA_DEVICE static void multiply(float (&out)[channels / 8][4], const float (&weights)[score_tiles][4],
                                   std::uint32_t tile, const Work& work) {
        std::uint32_t left[key_block / 32][4];
        pack_weights_e4m3(left, weights);
#pragma unroll
        for (int column = 0; column < channels / 8; ++column) {
            std::uint32_t right[4];
            load_matrices(right,
                          tile + tile_offset(right8_row(work.lane, column), right8_chunk(work.lane, 0), row_bytes));
            multiply_e4m3(out[column], left[0], right[0], right[1]);
            multiply_e4m3(out[column], left[1], right[2], right[3]);
        }
    }
};
#endif

}  // namespace int8_attention
