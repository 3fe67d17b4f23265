// SPDX-License-Identifier: Apache-2.0
// The instructions that the kernels are made of, one function each, named after what it does; and the launch of a
// kernel. Under nvcc they are PTX (PTX ISA 9.0; the section is named beside each). Compiled for the CPU they come from
// emulator/machine_on_cpu.hpp, which does what the manual says, so that the very same kernels can be tested without a
// GPU.
#pragma once

#include "layout.hpp"

#ifndef __CUDACC__
#include "machine_on_cpu.hpp"
#else
#include <cuda_fp16.h>
#include <cuda_runtime.h>

#define IA_DEVICE __device__ __forceinline__
#define IA_KERNEL __global__ void __launch_bounds__

namespace int8_attention {

// --- shared memory and lanes -----------------------------------------------------------------------------------------
// The block's dynamic shared memory. Swizzled tiles want multiples of 1024 bytes.
IA_DEVICE std::uint8_t* shared_memory() {
    extern __shared__ __align__(1024) std::uint8_t int8_attention_shared[];
    return int8_attention_shared;
}
IA_DEVICE std::uint32_t shared_address(const void* pointer) {
    return static_cast<std::uint32_t>(__cvta_generic_to_shared(pointer));
}
IA_DEVICE void block_barrier() { __syncthreads(); }
IA_DEVICE float from_lane(float value, int distance) { return __shfl_xor_sync(0xFFFFFFFFu, value, distance); }
IA_DEVICE float power_of_two(float value) { return exp2f(value); }

// --- numbers ---------------------------------------------------------------------------------------------------------
IA_DEVICE float half_to_float(std::uint16_t bits) { return __half2float(__ushort_as_half(bits)); }
IA_DEVICE std::uint16_t float_to_half(float value) { return __half_as_ushort(__float2half_rn(value)); }
IA_DEVICE std::uint32_t pack_half(float low, float high) {
    return static_cast<std::uint32_t>(float_to_half(high)) << 16 | float_to_half(low);
}

// --- copies to shared memory (cp.async): 16 bytes, or 16 zeros where `valid` is false
// ---------------------------------
IA_DEVICE void copy_async(std::uint32_t to, const void* from, bool valid) {
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(to), "l"(from), "r"(valid ? 16 : 0) : "memory");
}
IA_DEVICE void copy_commit() { asm volatile("cp.async.commit_group;" ::: "memory"); }
// Waits until at most `pending` of the lane's own groups are under way.
template <int pending>
IA_DEVICE void copy_wait() {
    asm volatile("cp.async.wait_group %0;" ::"n"(pending) : "memory");
}

// --- ldmatrix: four 8×8 matrices of 16-bit numbers; lanes 0…7 name the rows of the first, and so on ------------------
IA_DEVICE void load_matrices(std::uint32_t (&to)[4], std::uint32_t address) {
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(to[0]), "=r"(to[1]), "=r"(to[2]), "=r"(to[3])
                 : "r"(address)
                 : "memory");
}
IA_DEVICE void load_matrices_transposed(std::uint32_t (&to)[4], std::uint32_t address) {
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(to[0]), "=r"(to[1]), "=r"(to[2]), "=r"(to[3])
                 : "r"(address)
                 : "memory");
}

// --- mma.sync: sum += left · right, by one warp ----------------------------------------------------------------------
// 16×32 by 32×8, int8, exact 32-bit sums (sm_80 and later).
IA_DEVICE void multiply_int8(std::int32_t (&sum)[4], const std::uint32_t (&left)[4], std::uint32_t right0,
                             std::uint32_t right1) {
    asm volatile(
        "mma.sync.aligned.m16n8k32.row.col.s32.s8.s8.s32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, "
        "{%0, %1, %2, %3};"
        : "+r"(sum[0]), "+r"(sum[1]), "+r"(sum[2]), "+r"(sum[3])
        : "r"(left[0]), "r"(left[1]), "r"(left[2]), "r"(left[3]), "r"(right0), "r"(right1));
}
// 16×16 by 16×8, FP16 with FP32 sums (sm_80 and later).
IA_DEVICE void multiply_half(float (&sum)[4], const std::uint32_t (&left)[4], std::uint32_t right0,
                             std::uint32_t right1) {
    asm volatile(
        "mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, "
        "{%0, %1, %2, %3};"
        : "+f"(sum[0]), "+f"(sum[1]), "+f"(sum[2]), "+f"(sum[3])
        : "r"(left[0]), "r"(left[1]), "r"(left[2]), "r"(left[3]), "r"(right0), "r"(right1));
}

#if !defined(__CUDA_ARCH__) || __CUDA_ARCH__ >= 890
// Four floats to e4m3, to the nearest and saturating; the first in the lowest byte.
IA_DEVICE std::uint32_t pack_e4m3(float first, float second, float third, float fourth) {
    std::uint16_t low, high;
    asm("cvt.rn.satfinite.e4m3x2.f32 %0, %1, %2;" : "=h"(low) : "f"(second), "f"(first));
    asm("cvt.rn.satfinite.e4m3x2.f32 %0, %1, %2;" : "=h"(high) : "f"(fourth), "f"(third));
    return static_cast<std::uint32_t>(high) << 16 | low;
}
// 16×32 by 32×8, e4m3 with FP32 sums (sm_89 and later).
IA_DEVICE void multiply_e4m3(float (&sum)[4], const std::uint32_t (&left)[4], std::uint32_t right0,
                             std::uint32_t right1) {
    asm volatile(
        "mma.sync.aligned.m16n8k32.row.col.f32.e4m3.e4m3.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, "
        "{%0, %1, %2, %3};"
        : "+f"(sum[0]), "+f"(sum[1]), "+f"(sum[2]), "+f"(sum[3])
        : "r"(left[0]), "r"(left[1]), "r"(left[2]), "r"(left[3]), "r"(right0), "r"(right1));
}
#endif

// --- host side -------------------------------------------------------------------------------------------------------
// Starts `kernel` with `bytes` of dynamic shared memory; more than 48 KiB has to be asked for. Returns a cudaError_t.
template <typename... Parameters, typename... Values>
int launch(void (*kernel)(Parameters...), dim3 grid, int threads, int bytes, void* stream, Values... values) {
    if (bytes > 48 * 1024) {
        const cudaError_t refused = cudaFuncSetAttribute(reinterpret_cast<const void*>(kernel),
                                                         cudaFuncAttributeMaxDynamicSharedMemorySize, bytes);
        if (refused != cudaSuccess) return refused;
    }
    cudaLaunchConfig_t config = {};
    config.gridDim = grid;
    config.blockDim = dim3(static_cast<unsigned>(threads));
    config.dynamicSmemBytes = static_cast<std::size_t>(bytes);
    config.stream = static_cast<cudaStream_t>(stream);
    return cudaLaunchKernelEx(&config, kernel, static_cast<Parameters>(values)...);
}

}  // namespace int8_attention
#endif
