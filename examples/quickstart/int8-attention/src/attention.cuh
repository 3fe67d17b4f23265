// SPDX-License-Identifier: Apache-2.0
// Attention with mma.sync: softmax(Q·Kᵀ)·V for 64 query rows per thread block, 16 per warp, over blocks of 64 keys.
//
//   scores  = Q·Kᵀ       int8 × int8 → int32, exact: 16×64 per warp and block
//   weights = 2^(scores · scale of the row · scale of the block − largest)          float, in registers
//   out    += weights·V  FP16 × FP16 → FP32, or FP8 × FP8 → FP32                    values.cuh
//
// Why int8 is enough: a row of Q has its own scale, a block of 64 keys its own, and the mean key is taken away before
// (quantise_qk.cu), which is what outliers sit in. Accuracy: int8_attention/check.py.
// Tiles of keys and values come by asynchronous copies into two halves of shared memory: while one block is multiplied,
// the next is on its way.
#pragma once

#include "values.cuh"

namespace int8_attention {

template <int channels>
IA_DEVICE void load_keys(std::uint32_t to, const Arguments& args, const Work& work, int first_key) {
    const std::size_t row = static_cast<std::size_t>(work.key_head) * static_cast<std::size_t>(args.keys) +
                            static_cast<std::size_t>(first_key);
    load_tile<key_block, channels>(to, reinterpret_cast<const std::uint8_t*>(args.k) + row * channels, channels,
                                   args.keys - first_key, channels);
}

template <int channels>
IA_DEVICE void multiply_scores(std::int32_t (&scores)[score_tiles][4], const std::uint32_t (&q)[channels / 32][4],
                               std::uint32_t tile, const Work& work) {
#pragma unroll
    for (int column = 0; column < score_tiles; ++column) {
#pragma unroll
        for (int i = 0; i < 4; ++i) scores[column][i] = 0;
#pragma unroll
        for (int half = 0; half < channels / 64; ++half) {
            std::uint32_t right[4];
            load_matrices(right,
                          tile + tile_offset(right8_row(work.lane, column), right8_chunk(work.lane, half), channels));
            multiply_int8(scores[column], q[2 * half], right[0], right[1]);
            multiply_int8(scores[column], q[2 * half + 1], right[2], right[3]);
        }
    }
}

// The scales of the lane's two rows; of a row past the end, 0.
IA_DEVICE void load_scales(float (&scale)[2], const Arguments& args, const Work& work) {
    for (int half = 0; half < 2; ++half)
        scale[half] = work.row[half] < args.queries
                          ? args.q_scale[static_cast<std::size_t>(work.head) * static_cast<std::size_t>(args.queries) +
                                         static_cast<std::size_t>(work.row[half])]
                          : 0.0f;
}

template <int channels, typename Values>
constexpr int stage_bytes = key_block* channels + Values::tile_bytes;

template <int channels, typename Values>
IA_KERNEL(block_threads)
attention_kernel(Arguments args) {
    constexpr std::uint32_t stage = stage_bytes<channels, Values>;
    constexpr std::uint32_t values_at = key_block * channels;
    const Work work = work_of_lane(args);
    const std::uint32_t shared = shared_address(shared_memory());

    if (work.blocks > 0) {
        load_keys<channels>(shared, args, work, 0);
        Values::load(shared + values_at, args, work, 0);
    }
    copy_commit();
    std::uint32_t q[channels / 32][4];
    load_queries(q, args, work);
    float row_scale[2];
    load_scales(row_scale, args, work);
    const float* block_scale = args.k_scale + static_cast<std::size_t>(work.key_head) *
                                                  static_cast<std::size_t>(blocks_of(args.keys, key_block));

    Rows<channels / 8> rows;
    rows.clear();
    for (int block = 0; block < work.blocks; ++block) {
        const std::uint32_t now = shared + stage * (block % 2);
        if (block + 1 < work.blocks) {
            const std::uint32_t next = shared + stage * ((block + 1) % 2);
            load_keys<channels>(next, args, work, (block + 1) * key_block);
            Values::load(next + values_at, args, work, (block + 1) * key_block);
        }
        copy_commit();  // an empty group at the end, so that the next line always means this block
        copy_wait<1>();
        block_barrier();
        std::int32_t scores[score_tiles][4];
        multiply_scores<channels>(scores, q, now, work);
        const float scale[2] = {row_scale[0] * block_scale[block], row_scale[1] * block_scale[block]};
        float weights[score_tiles][4];
        softmax_step(weights, scores, scale, block * key_block, work, rows);
        Values::multiply(rows.out, weights, now + values_at, work);
        block_barrier();  // all warps are done with this half before the next copies overwrite it
    }
    write_rows(rows, args, work,
               Values::scaled ? args.v_scale + static_cast<std::size_t>(work.key_head) * channels : nullptr);
}

template <int channels, typename Values>
int launch_attention(const Arguments& args, void* stream) {
    const dim3 grid(static_cast<unsigned>(blocks_of(args.queries, query_block)), static_cast<unsigned>(args.heads));
    return launch(attention_kernel<channels, Values>, grid, block_threads, 2 * stage_bytes<channels, Values>, stream,
                  args);
}

}  // namespace int8_attention
