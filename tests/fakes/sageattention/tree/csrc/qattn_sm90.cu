// SPDX-License-Identifier: Apache-2.0
// Hopper's warpgroup instructions: no other target assembles them.
__global__ void qattn_sm90(float* x) {
    asm volatile("wgmma.fence.sync.aligned;" ::: "memory");
    asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory");
    asm volatile("wgmma.wait_group.sync.aligned 0;" ::: "memory");
    x[threadIdx.x] += 1;
}
