// SPDX-License-Identifier: Apache-2.0
// Hopper's warpgroup products: four warps multiply a 64-row left operand in their registers by a right operand that the
// hardware reads from shared memory by a descriptor (PTX ISA 9.0, "Asynchronous warpgroup level matrix instructions").
// Only sm_90a has them: for any other target, sm_90 included, ptxas refuses this file.
#pragma once

#include "machine.cuh"

#ifdef __CUDACC__

// Four operands of an asm statement.
#define IA_INT4(x) "+r"((x)[0]), "+r"((x)[1]), "+r"((x)[2]), "+r"((x)[3])
#define IA_FLOAT4(x) "+f"((x)[0]), "+f"((x)[1]), "+f"((x)[2]), "+f"((x)[3])
#define IA_LEFT(x) "r"((x)[0]), "r"((x)[1]), "r"((x)[2]), "r"((x)[3])

namespace int8_attention {

// What was written to shared memory by this lane is seen by the wgmma of others after the next barrier.
IA_DEVICE void fence_shared_for_wgmma() { asm volatile("fence.proxy.async.shared::cta;" ::: "memory"); }
// Registers that the next products read or add to are final.
IA_DEVICE void wgmma_begin() { asm volatile("wgmma.fence.sync.aligned;" ::: "memory"); }
// Ends the batch and waits for it: accumulators may be read, tiles overwritten.
IA_DEVICE void wgmma_end() {
    asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory");
    asm volatile("wgmma.wait_group.sync.aligned 0;" ::: "memory");
}
// The compiler may not move uses of an accumulator across the asynchronous products.
IA_DEVICE void wgmma_hold(std::int32_t& number) { asm volatile("" : "+r"(number)::"memory"); }
IA_DEVICE void wgmma_hold(float& number) { asm volatile("" : "+f"(number)::"memory"); }

// 64×32 by 32×64, int8 with 32-bit sums.
IA_DEVICE void wgmma_int8(std::int32_t (&sum)[8][4], const std::uint32_t (&left)[4], std::uint64_t right) {
    asm volatile(
        "wgmma.mma_async.sync.aligned.m64n64k32.s32.s8.s8 "
        "{%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, %16, %17, %18, %19, %20, %21, %22, "
        "%23, %24, %25, %26, %27, %28, %29, %30, %31}, {%32, %33, %34, %35}, %36, 1;"
        : IA_INT4(sum[0]), IA_INT4(sum[1]), IA_INT4(sum[2]), IA_INT4(sum[3]), IA_INT4(sum[4]), IA_INT4(sum[5]),
          IA_INT4(sum[6]), IA_INT4(sum[7])
        : IA_LEFT(left), "l"(right));
}

// 64×32 by 32×64 and 32×128, e4m3 with FP32 sums.
IA_DEVICE void wgmma_e4m3(float (&sum)[8][4], const std::uint32_t (&left)[4], std::uint64_t right) {
    asm volatile(
        "wgmma.mma_async.sync.aligned.m64n64k32.f32.e4m3.e4m3 "
        "{%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, %16, %17, %18, %19, %20, %21, %22, "
        "%23, %24, %25, %26, %27, %28, %29, %30, %31}, {%32, %33, %34, %35}, %36, 1, 1, 1;"
        : IA_FLOAT4(sum[0]), IA_FLOAT4(sum[1]), IA_FLOAT4(sum[2]), IA_FLOAT4(sum[3]), IA_FLOAT4(sum[4]),
          IA_FLOAT4(sum[5]), IA_FLOAT4(sum[6]), IA_FLOAT4(sum[7])
        : IA_LEFT(left), "l"(right));
}
IA_DEVICE void wgmma_e4m3(float (&sum)[16][4], const std::uint32_t (&left)[4], std::uint64_t right) {
    asm volatile(
        "wgmma.mma_async.sync.aligned.m64n128k32.f32.e4m3.e4m3 "
        "{%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, %16, %17, %18, %19, %20, %21, %22, "
        "%23, %24, %25, %26, %27, %28, %29, %30, %31, %32, %33, %34, %35, %36, %37, %38, %39, %40, %41, %42, %43, "
        "%44, %45, %46, %47, %48, %49, %50, %51, %52, %53, %54, %55, %56, %57, %58, %59, %60, %61, %62, %63}, "
        "{%64, %65, %66, %67}, %68, 1, 1, 1;"
        : IA_FLOAT4(sum[0]), IA_FLOAT4(sum[1]), IA_FLOAT4(sum[2]), IA_FLOAT4(sum[3]), IA_FLOAT4(sum[4]),
          IA_FLOAT4(sum[5]), IA_FLOAT4(sum[6]), IA_FLOAT4(sum[7]), IA_FLOAT4(sum[8]), IA_FLOAT4(sum[9]),
          IA_FLOAT4(sum[10]), IA_FLOAT4(sum[11]), IA_FLOAT4(sum[12]), IA_FLOAT4(sum[13]), IA_FLOAT4(sum[14]),
          IA_FLOAT4(sum[15])
        : IA_LEFT(left), "l"(right));
}

}  // namespace int8_attention
#endif
