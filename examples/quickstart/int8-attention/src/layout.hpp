// SPDX-License-Identifier: Apache-2.0
// Where a number lies: in the registers of a warp's lanes, and in a tile of shared memory. Plain index arithmetic with
// no CUDA in it, so that the same functions run on the GPU and in a test on the CPU.
// Sources: PTX ISA 9.0, "Matrix fragments for mma.m16n8k16 / .m16n8k32", "Shared memory matrix layout" and
// "Matrix descriptor" of wgmma.
#pragma once

#include <cstdint>

#ifdef __CUDACC__
#define IA_BOTH __host__ __device__ __forceinline__
#else
#define IA_BOTH inline
#endif

namespace int8_attention {

constexpr int warp_size = 32;
constexpr int query_block = 64;                       // query rows of one thread block: 16 for each of its 4 warps
constexpr int key_block = 64;                         // keys of one step of the inner loop
constexpr int block_threads = 128;                    // 4 warps, which are one warpgroup
constexpr int score_tiles = key_block / 8;            // 8-column accumulator tiles of one row of scores
constexpr int chunk_bytes = 16;                       // the unit of cp.async, ldmatrix and the swizzle
constexpr float fp8_maximum = 448.0f;                 // the largest finite e4m3
constexpr float log2_of_e = 1.44269504088896340736f;  // exp(x) = 2^(x·log2 e), and the GPU has only the latter

// --- accumulators: a 16×8 tile of 32-bit numbers, four a lane -------------------------------------------------------
// wgmma's accumulators are the same tile for each of the four warps.
IA_BOTH constexpr int accumulator_row(int lane, int index) { return lane / 4 + 8 * (index / 2); }
IA_BOTH constexpr int accumulator_column(int lane, int index) { return 2 * (lane % 4) + index % 2; }

// --- left operand of 8-bit products: 16 rows × 32 columns, four registers of four bytes a lane ----------------------
IA_BOTH constexpr int left8_row(int lane, int reg) { return lane / 4 + 8 * (reg % 2); }
IA_BOTH constexpr int left8_column(int lane, int reg) { return 4 * (lane % 4) + 16 * (reg / 2); }  // of its first byte

// --- ldmatrix: four 8×8 matrices of 16-bit numbers (8 rows of 16 bytes), one row's address from each lane -----------
// Right operands, 8-bit: the tile lies as [n][k], a column of the product a row in memory. One instruction reads the
// 64 bytes k = 64·half … 64·half+63 of eight rows: the registers of two 32-wide products.
IA_BOTH constexpr int right8_row(int lane, int tile) { return 8 * tile + lane % 8; }
IA_BOTH constexpr int right8_chunk(int lane, int half) { return 4 * half + lane / 8; }
// Right operand, FP16 values: the tile lies as [key][channel] and is transposed on the way. One instruction reads 16
// keys × 16 channels: the registers of two 16-wide products.
IA_BOTH constexpr int value_row(int lane, int step) { return 16 * step + 8 * (lane / 8 % 2) + lane % 8; }
IA_BOTH constexpr int value_chunk(int lane, int pair) { return 2 * pair + lane / 16; }

// --- FP8 probabilities -----------------------------------------------------------------------------------------------
// The scores leave the first product as accumulators, two neighbouring keys a lane and tile, and enter the second as a
// left operand, four neighbouring keys a lane. Moving them between lanes would cost shuffles. A sum does not care for
// the order of its terms, so the values are stored in the order in which the lanes hold the scores instead: slot s of
// a row of V^T holds this key, of the 16 that surround it.
IA_BOTH constexpr int key_of_slot(int slot) {
    return slot / 16 * 16 + 2 * (slot % 16 / 4) + slot % 2 + 8 * (slot % 4 / 2);
}

// --- swizzled tiles --------------------------------------------------------------------------------------------------
// A tile has rows of 64 or 128 bytes, without gaps. Eight rows read at one chunk would hit the same banks, so the
// chunk's number is mixed with the row's: address bits 4…6 (128-byte rows) or 4…5 (64-byte rows) are XORed with bits 7
// and up. These are the hardware's own 128-byte and 64-byte modes, which wgmma undoes by itself.
IA_BOTH constexpr std::uint32_t swizzled(std::uint32_t offset, int row_bytes) {
    return offset ^ (offset >> 3 & (row_bytes == 128 ? 0x70u : 0x30u));
}
IA_BOTH constexpr std::uint32_t tile_offset(int row, int chunk, int row_bytes) {
    return swizzled(static_cast<std::uint32_t>(row * row_bytes + chunk * chunk_bytes), row_bytes);
}

// wgmma's descriptor of a right operand that lies as [n][k] in a swizzled tile, at a multiple of 1024 bytes. `first_k`
// is the byte in the row where the 32-byte wide product starts. Bits 0…13: address/16; 16…29: leading dimension, which
// swizzled modes ignore; 32…45: bytes between groups of eight rows, /16; 62…63: 1 = 128-byte, 2 = 64-byte swizzle.
IA_BOTH constexpr std::uint64_t wgmma_descriptor(std::uint32_t tile_address, int first_k, int row_bytes) {
    const std::uint64_t start = (tile_address + static_cast<std::uint32_t>(first_k)) >> 4 & 0x3FFF;
    const std::uint64_t group = static_cast<std::uint64_t>(8 * row_bytes) >> 4 & 0x3FFF;
    const std::uint64_t mode = row_bytes == 128 ? 1 : 2;
    return start | std::uint64_t{1} << 16 | group << 32 | mode << 62;
}

IA_BOTH constexpr int blocks_of(int count, int size) { return (count + size - 1) / size; }

}  // namespace int8_attention
