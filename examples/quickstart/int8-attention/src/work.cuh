// SPDX-License-Identifier: Apache-2.0
// Which rows of which head a lane works on, and how queries and tiles come to it. A lane holds two rows of its warp's
// sixteen, a quarter of the columns of each. Every attention kernel starts here.
#pragma once

#include "arguments.hpp"
#include "machine.cuh"

namespace int8_attention {

struct Work {
    int lane, warp;
    int head, key_head;
    int row[2];    // query rows of this lane, perhaps past the end
    int limit[2];  // keys below this are seen by the row
    int blocks;    // blocks of keys that some row of the thread block sees
};

IA_DEVICE int key_limit(const Arguments& args, int row) {
    const int limit = args.causal != 0 ? row + 1 + args.keys - args.queries : args.keys;
    return limit < 0 ? 0 : limit < args.keys ? limit : args.keys;
}

IA_DEVICE Work work_of_lane(const Arguments& args) {
    Work work;
    work.lane = static_cast<int>(threadIdx.x) % warp_size;
    work.warp = static_cast<int>(threadIdx.x) / warp_size;
    work.head = static_cast<int>(blockIdx.y);
    work.key_head = work.head / args.group;
    const int first = static_cast<int>(blockIdx.x) * query_block;
    for (int half = 0; half < 2; ++half) {
        work.row[half] = first + 16 * work.warp + accumulator_row(work.lane, 2 * half);
        work.limit[half] = key_limit(args, work.row[half]);
    }
    work.blocks = blocks_of(key_limit(args, first + query_block - 1), key_block);
    return work;
}

// The left operand of the scores, straight from memory: `steps` products of 32 channels. Rows past the end are zeros.
template <int steps>
IA_DEVICE void load_queries(std::uint32_t (&to)[steps][4], const Arguments& args, const Work& work) {
    const std::size_t first = static_cast<std::size_t>(work.head) * static_cast<std::size_t>(args.queries);
#pragma unroll
    for (int step = 0; step < steps; ++step)
#pragma unroll
        for (int reg = 0; reg < 4; ++reg) {
            const int row = work.row[reg % 2];  // left8_row(): odd registers hold the second row
            const std::size_t at = (first + static_cast<std::size_t>(row)) * (32 * steps) +
                                   static_cast<std::size_t>(32 * step + left8_column(work.lane, reg));
            to[step][reg] = row < args.queries ? *reinterpret_cast<const std::uint32_t*>(args.q + at) : 0;
        }
}

// Copies a tile of `rows` × `row_bytes` to shared memory, swizzled; what is not valid becomes zeros.
template <int rows, int row_bytes>
IA_DEVICE void load_tile(std::uint32_t to, const std::uint8_t* from, std::size_t pitch, int valid_rows,
                         int valid_bytes) {
    constexpr int chunks = row_bytes / chunk_bytes;
#pragma unroll
    for (int i = 0; i < rows * chunks / block_threads; ++i) {
        const int item = static_cast<int>(threadIdx.x) + i * block_threads;
        const int row = item / chunks, chunk = item % chunks;
        const bool valid = row < valid_rows && chunk * chunk_bytes < valid_bytes;
        const std::uint8_t* at = from + static_cast<std::size_t>(row) * pitch + chunk * chunk_bytes;
        copy_async(to + tile_offset(row, chunk, row_bytes), valid ? at : from, valid);
    }
}

}  // namespace int8_attention
