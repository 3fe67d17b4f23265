// SPDX-License-Identifier: Apache-2.0
// src/machine.cuh and src/wgmma.cuh for the CPU: the kernels as they are, run thread block by thread block, each GPU
// thread a fiber. Instructions of a warp or a warpgroup wait until all of its lanes have come, then do what the PTX
// manual's own formulas say (written from its text, not with layout.hpp, which is what they test). Asynchronous copies
// arrive as late as the program allows, so a missing wait shows. For tests: a small attention takes a second.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "fibers.hpp"
#include "numbers_on_cpu.hpp"
#include "products_on_cpu.hpp"

#define __host__
#define __device__
#define IA_DEVICE inline
#define IA_KERNEL(threads) void
#define threadIdx (emulated::current().thread)
#define blockIdx (emulated::current().block)

using emulated::dim3;

namespace int8_attention {

inline std::uint8_t* shared_memory() { return emulated::current().team->shared; }
inline std::uint32_t shared_address(const void* pointer) {
    return static_cast<std::uint32_t>(static_cast<const std::uint8_t*>(pointer) - emulated::current().team->shared);
}
inline void block_barrier() { emulated::meet(emulated::current().team->all); }
inline float power_of_two(float value) { return std::exp2(value); }

// --- lanes and copies ------------------------------------------------------------------------------------------------
inline float from_lane(float value, int distance) {
    emulated::Fiber& me = emulated::current();
    me.exchange = &value;
    emulated::meet(me.team->warps[me.warp]);
    const float other = *static_cast<const float*>(emulated::lane_of(me, me.lane ^ distance).exchange);
    emulated::meet(me.team->warps[me.warp]);
    return other;
}
inline void copy_async(std::uint32_t to, const void* from, bool valid) {
    if (to % 16 != 0 || reinterpret_cast<std::uintptr_t>(from) % 16 != 0) emulated::stop("cp.async: not aligned");
    emulated::current().copies.push_back({to, from, valid, emulated::current().groups});
}
inline void copy_commit() { ++emulated::current().groups; }
template <int pending>
void copy_wait() {
    emulated::Fiber& me = emulated::current();
    while (!me.copies.empty() && me.copies.front().group < me.groups - pending) {
        const emulated::Copy copy = me.copies.front();
        me.copies.erase(me.copies.begin());
        me.fenced = false;
        if (copy.valid)
            std::memcpy(me.team->at(copy.to, 16), copy.from, 16);
        else
            std::memset(me.team->at(copy.to, 16), 0, 16);
    }
}

// --- ldmatrix --------------------------------------------------------------------------------------------------------
// ldmatrix: lane 8·m + r names row r of matrix m. Afterwards a lane holds, of each matrix, row lane/4, columns
// 2·(lane%4) and the next; transposed: column lane/4, rows 2·(lane%4) and the next.
inline void load_any_matrices(std::uint32_t (&to)[4], std::uint32_t address, bool transposed) {
    emulated::Fiber& me = emulated::current();
    me.exchange = &address;
    emulated::meet(me.team->warps[me.warp]);
    for (int matrix = 0; matrix < 4; ++matrix) {
        std::uint16_t pair[2];
        for (int i = 0; i < 2; ++i) {
            const int slow = me.lane / 4, fast = 2 * (me.lane % 4) + i;
            const int row = transposed ? fast : slow, column = transposed ? slow : fast;
            const auto start = *static_cast<const std::uint32_t*>(emulated::lane_of(me, 8 * matrix + row).exchange);
            if (start % 16 != 0) emulated::stop("ldmatrix: not aligned");
            std::memcpy(&pair[i], me.team->at(start, 16) + 2 * column, 2);
        }
        to[matrix] = static_cast<std::uint32_t>(pair[1]) << 16 | pair[0];
    }
    emulated::meet(me.team->warps[me.warp]);
}
inline void load_matrices(std::uint32_t (&to)[4], std::uint32_t address) { load_any_matrices(to, address, false); }
inline void load_matrices_transposed(std::uint32_t (&to)[4], std::uint32_t address) {
    load_any_matrices(to, address, true);
}

// --- host side -------------------------------------------------------------------------------------------------------
template <typename... Parameters, typename... Values>
int launch(void (*kernel)(Parameters...), dim3 grid, int threads, int bytes, void*, Values... values) {
    emulated::run(grid, threads, bytes, [&] { kernel(static_cast<Parameters>(values)...); });
    return 0;
}

}  // namespace int8_attention
