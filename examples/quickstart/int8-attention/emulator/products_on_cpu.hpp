// SPDX-License-Identifier: Apache-2.0
// The matrix products for the CPU: mma.sync and wgmma, from the PTX manual's own formulas of which lane holds what.
// Part of machine_on_cpu.hpp.
#pragma once

#include "fibers.hpp"
#include "numbers_on_cpu.hpp"

namespace int8_attention {

namespace ptx {

struct Operands {
    std::uint32_t left[4], right[2];
};
inline std::uint8_t byte_of(std::uint32_t word, int i) { return static_cast<std::uint8_t>(word >> 8 * i); }
inline std::uint16_t half_of(std::uint32_t word, int i) { return static_cast<std::uint16_t>(word >> 16 * i); }

// Fragments of mma.m16n8k32, 8-bit A: element i of 16: row groupID for 0≤i<4 and 8≤i<12, else groupID+8; column
// (threadID_in_group·4)+(i&3), +16 for i≥8. Inverse: which lane and element hold A[row][k].
inline std::uint8_t left8(const emulated::Fiber& me, int row, int k) {
    const int lane = (row % 8) * 4 + (k % 16) / 4;
    const int element = (k % 4) + (row >= 8 ? 4 : 0) + (k >= 16 ? 8 : 0);
    const auto& held = *static_cast<const Operands*>(emulated::lane_of(me, lane).exchange);
    return byte_of(held.left[element / 4], element % 4);
}
// B: element i of 8: row (threadID_in_group·4)+(i&3), +16 for i≥4; column groupID.
inline std::uint8_t right8(const emulated::Fiber& me, int k, int column) {
    const int lane = column * 4 + (k % 16) / 4;
    const int element = (k % 4) + (k >= 16 ? 4 : 0);
    const auto& held = *static_cast<const Operands*>(emulated::lane_of(me, lane).exchange);
    return byte_of(held.right[element / 4], element % 4);
}
// mma.m16n8k16, 16-bit A: element i of 8: row groupID for 0≤i<2 and 4≤i<6, else groupID+8; column
// (threadID_in_group·2)+(i&1), +8 for i≥4. B: element i of 4: row (threadID_in_group·2)+(i&1), +8 for i≥2.
inline float left16(const emulated::Fiber& me, int row, int k) {
    const int lane = (row % 8) * 4 + (k % 8) / 2;
    const int element = (k % 2) + (row >= 8 ? 2 : 0) + (k >= 8 ? 4 : 0);
    const auto& held = *static_cast<const Operands*>(emulated::lane_of(me, lane).exchange);
    return half_to_float(half_of(held.left[element / 2], element % 2));
}
inline float right16(const emulated::Fiber& me, int k, int column) {
    const int lane = column * 4 + (k % 8) / 2;
    const int element = (k % 2) + (k >= 8 ? 2 : 0);
    const auto& held = *static_cast<const Operands*>(emulated::lane_of(me, lane).exchange);
    return half_to_float(half_of(held.right[element / 2], element % 2));
}
// C: element i of 4: row groupID for i<2, else groupID+8; column (threadID_in_group·2)+(i&1).
template <typename Number, typename Product>
void multiply(Number (&sum)[4], const Operands& mine, int depth, Product product) {
    emulated::Fiber& me = emulated::current();
    me.exchange = &mine;
    emulated::meet(me.team->warps[me.warp]);
    for (int i = 0; i < 4; ++i) {
        const int row = me.lane / 4 + (i < 2 ? 0 : 8), column = me.lane % 4 * 2 + (i & 1);
        for (int k = 0; k < depth; ++k) sum[i] += product(me, row, column, k);
    }
    emulated::meet(me.team->warps[me.warp]);
}

}  // namespace ptx

inline void multiply_int8(std::int32_t (&sum)[4], const std::uint32_t (&left)[4], std::uint32_t right0,
                          std::uint32_t right1) {
    ptx::multiply(sum, {{left[0], left[1], left[2], left[3]}, {right0, right1}}, 32,
                  [](const emulated::Fiber& me, int row, int column, int k) {
                      return std::int32_t{static_cast<std::int8_t>(ptx::left8(me, row, k))} *
                             static_cast<std::int8_t>(ptx::right8(me, k, column));
                  });
}
inline void multiply_half(float (&sum)[4], const std::uint32_t (&left)[4], std::uint32_t right0, std::uint32_t right1) {
    ptx::multiply(sum, {{left[0], left[1], left[2], left[3]}, {right0, right1}}, 16,
                  [](const emulated::Fiber& me, int row, int column, int k) {
                      return ptx::left16(me, row, k) * ptx::right16(me, k, column);
                  });
}
inline void multiply_e4m3(float (&sum)[4], const std::uint32_t (&left)[4], std::uint32_t right0, std::uint32_t right1) {
    ptx::multiply(sum, {{left[0], left[1], left[2], left[3]}, {right0, right1}}, 32,
                  [](const emulated::Fiber& me, int row, int column, int k) {
                      return e4m3_to_float(ptx::left8(me, row, k)) * e4m3_to_float(ptx::right8(me, k, column));
                  });
}

// --- wgmma -----------------------------------------------------------------------------------------------------------
inline void fence_shared_for_wgmma() { emulated::current().fenced = true; }
inline void wgmma_begin() { emulated::current().began = true; }
inline void wgmma_end() {
    emulated::current().began = false;
    emulated::meet(emulated::current().team->all);
}
inline void wgmma_hold(const std::int32_t&) {}
inline void wgmma_hold(const float&) {}

// The byte B[k][column] of a K-major right operand: rows of the tile are columns of the product; groups of eight of
// them are `stride` apart; inside, rows follow each other at the swizzle's width; the swizzle is on address bits.
inline std::uint8_t wgmma_right8(const emulated::Team& team, std::uint64_t descriptor, int k, int column) {
    const auto start = static_cast<std::uint32_t>(descriptor & 0x3FFF) << 4;
    const auto stride = static_cast<std::uint32_t>(descriptor >> 32 & 0x3FFF) << 4;
    const auto mode = descriptor >> 62;
    if (mode != 1 && mode != 2) emulated::stop("wgmma: a swizzle that the emulator does not know");
    if ((descriptor >> 49 & 7) != 0) emulated::stop("wgmma: a base offset that the emulator does not know");
    const std::uint32_t width = mode == 1 ? 128 : 64;
    const std::uint32_t linear = start + static_cast<std::uint32_t>(column / 8) * stride +
                                 static_cast<std::uint32_t>(column % 8) * width + static_cast<std::uint32_t>(k);
    const std::uint32_t row_bits = linear >> 7 & (mode == 1 ? 7u : 3u);
    return *team.at(linear ^ row_bits << 4, 1);
}
template <int tiles, typename Number, typename Product>
void wgmma_any(Number (&sum)[tiles][4], const std::uint32_t (&left)[4], std::uint64_t right, Product product) {
    emulated::Fiber& me = emulated::current();
    if (!me.fenced || !me.began) emulated::stop("wgmma without its fences");
    const ptx::Operands mine = {{left[0], left[1], left[2], left[3]}, {0, 0}};
    me.exchange = &mine;
    emulated::meet(me.team->warps[me.warp]);
    for (int tile = 0; tile < tiles; ++tile)
        for (int i = 0; i < 4; ++i) {
            const int row = me.lane / 4 + (i < 2 ? 0 : 8), column = 8 * tile + me.lane % 4 * 2 + (i & 1);
            for (int k = 0; k < 32; ++k)
                sum[tile][i] += product(ptx::left8(me, row, k), wgmma_right8(*me.team, right, k, column));
        }
    emulated::meet(me.team->warps[me.warp]);
}
inline void wgmma_int8(std::int32_t (&sum)[8][4], const std::uint32_t (&left)[4], std::uint64_t right) {
    wgmma_any(sum, left, right, [](std::uint8_t a, std::uint8_t b) {
        return std::int32_t{static_cast<std::int8_t>(a)} * static_cast<std::int8_t>(b);
    });
}
template <int tiles>
void wgmma_e4m3(float (&sum)[tiles][4], const std::uint32_t (&left)[4], std::uint64_t right) {
    wgmma_any(sum, left, right, [](std::uint8_t a, std::uint8_t b) { return e4m3_to_float(a) * e4m3_to_float(b); });
}

}  // namespace int8_attention
