// SPDX-License-Identifier: Apache-2.0
// An int8 product of 16×8×32 (sm_80 and later).
__global__ void qattn_sm80(int* x) {
    int c[4] = {x[0], x[1], x[2], x[3]};
    asm volatile("mma.sync.aligned.m16n8k32.row.col.s32.s8.s8.s32 {%0,%1,%2,%3}, {%4,%4,%4,%4}, {%4,%4}, {%0,%1,%2,%3};"
                 : "+r"(c[0]), "+r"(c[1]), "+r"(c[2]), "+r"(c[3])
                 : "r"(x[threadIdx.x]));
    x[threadIdx.x] = c[0] + c[1] + c[2] + c[3];
}
