// SPDX-License-Identifier: Apache-2.0
// Attention with Hopper's wgmma: the algorithm of attention.cuh, FP8 values, but the four warps multiply as one, and
// the hardware reads keys and values from shared memory by itself. Queries and weights stay in registers, laid out as
// for mma.sync; the accumulators are the same too, so the softmax in between is shared.
#pragma once

#include "attention.cuh"
#include "wgmma.cuh"

namespace int8_attention {

template <int channels>
IA_DEVICE void wgmma_scores(std::int32_t (&scores)[score_tiles][4], const std::uint32_t (&q)[channels / 32][4],
                            std::uint32_t tile) {
#pragma unroll
    for (int column = 0; column < score_tiles; ++column)
#pragma unroll
        for (int i = 0; i < 4; ++i) {
            scores[column][i] = 0;
            wgmma_hold(scores[column][i]);
        }
    wgmma_begin();
#pragma unroll
    for (int step = 0; step < channels / 32; ++step)
        wgmma_int8(scores, q[step], wgmma_descriptor(tile, 32 * step, channels));
    wgmma_end();
#pragma unroll
    for (int column = 0; column < score_tiles; ++column)
#pragma unroll
        for (int i = 0; i < 4; ++i) wgmma_hold(scores[column][i]);
}

template <int channels>
IA_DEVICE void wgmma_values(float (&out)[channels / 8][4], const float (&weights)[score_tiles][4], std::uint32_t tile) {
    std::uint32_t left[key_block / 32][4];
    pack_weights_e4m3(left, weights);
#pragma unroll
    for (int column = 0; column < channels / 8; ++column)
#pragma unroll
        for (int i = 0; i < 4; ++i) wgmma_hold(out[column][i]);
    wgmma_begin();
#pragma unroll
    for (int step = 0; step < key_block / 32; ++step)
        wgmma_e4m3(out, left[step], wgmma_descriptor(tile, 32 * step, key_block));
    wgmma_end();
#pragma unroll
    for (int column = 0; column < channels / 8; ++column)
#pragma unroll
        for (int i = 0; i < 4; ++i) wgmma_hold(out[column][i]);
}

template <int channels>
IA_KERNEL(block_threads)
wgmma_kernel(Arguments args) {
    using Values = Fp8Values<channels>;
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
        copy_commit();
        copy_wait<1>();
        fence_shared_for_wgmma();  // the copies were made by lanes, the products are another kind of reader
        block_barrier();
        std::int32_t scores[score_tiles][4];
        wgmma_scores<channels>(scores, q, now);
        const float scale[2] = {row_scale[0] * block_scale[block], row_scale[1] * block_scale[block]};
        float weights[score_tiles][4];
        softmax_step(weights, scores, scale, block * key_block, work, rows);
        wgmma_values<channels>(rows.out, weights, now + values_at);
        block_barrier();
    }
    write_rows(rows, args, work, args.v_scale + static_cast<std::size_t>(work.key_head) * channels);
}

template <int channels>
int launch_wgmma(const Arguments& args, void* stream) {
    const dim3 grid(static_cast<unsigned>(blocks_of(args.queries, query_block)), static_cast<unsigned>(args.heads));
    return launch(wgmma_kernel<channels>, grid, block_threads, 2 * stage_bytes<channels, Fp8Values<channels>>, stream,
                  args);
}

}  // namespace int8_attention
