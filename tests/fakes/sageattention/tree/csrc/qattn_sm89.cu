// SPDX-License-Identifier: Apache-2.0
// An FP8 product of 16×8×32 (sm_89 and later).
__global__ void qattn_sm89(float* x) {
    float c[4] = {x[0], x[1], x[2], x[3]};
    asm volatile(
        "mma.sync.aligned.m16n8k32.row.col.f32.e4m3.e4m3.f32 {%0,%1,%2,%3}, {%4,%4,%4,%4}, {%4,%4}, {%0,%1,%2,%3};"
        : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
        : "r"(__float_as_int(x[threadIdx.x])));
    x[threadIdx.x] = c[0] + c[1] + c[2] + c[3];
}
