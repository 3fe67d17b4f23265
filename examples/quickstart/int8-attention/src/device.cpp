// SPDX-License-Identifier: Apache-2.0
// What Python needs of the CUDA runtime to use the kernels without torch: devices, memory, copies, words for an error.
// The runtime is linked in (-cudart static), so a pod needs the driver and no CUDA package.
#include <cuda_runtime_api.h>

#include <cstddef>

#include "arguments.hpp"

// A cudaError_t each, 0 for success.
IA_EXPORT int ia_device_count(int* count) { return cudaGetDeviceCount(count); }

IA_EXPORT int ia_capability(int device, int* major, int* minor) {
    const cudaError_t failed = cudaDeviceGetAttribute(major, cudaDevAttrComputeCapabilityMajor, device);
    return failed != cudaSuccess ? failed : cudaDeviceGetAttribute(minor, cudaDevAttrComputeCapabilityMinor, device);
}

IA_EXPORT int ia_current_device(int* device) { return cudaGetDevice(device); }
IA_EXPORT int ia_allocate(void** pointer, std::size_t bytes) { return cudaMalloc(pointer, bytes); }
IA_EXPORT int ia_release(void* pointer) { return cudaFree(pointer); }

// Waits for the copy.
IA_EXPORT int ia_copy(void* to, const void* from, std::size_t bytes, int to_device) {
    return cudaMemcpy(to, from, bytes, to_device != 0 ? cudaMemcpyHostToDevice : cudaMemcpyDeviceToHost);
}
// Waits for everything on the current device, and returns what went wrong in it.
IA_EXPORT int ia_synchronise() { return cudaDeviceSynchronize(); }
// Constant text.
IA_EXPORT const char* ia_error_text(int error) { return cudaGetErrorString(static_cast<cudaError_t>(error)); }
