#include <cuda_runtime.h>
__global__ void scale(float* x, float by) { x[threadIdx.x] *= by; }
extern "C" int tiny_scale(float* x, float by) {
    scale<<<1, 32>>>(x, by);
    return static_cast<int>(cudaGetLastError());
}
