/* SPDX-License-Identifier: Apache-2.0
 * What the two halves of the fake libcuda share: its codes, and the device that cuInit found. */
#ifndef TMPLBUILD_FAKE_CUDA_DEVICE_H
#define TMPLBUILD_FAKE_CUDA_DEVICE_H

#include "machine.h"

typedef int CUresult;
enum {
    SUCCESS = 0,
    INVALID_VALUE = 1,
    NOT_INITIALIZED = 3,
    NO_DEVICE = 100,
    INVALID_DEVICE = 101,
    INVALID_IMAGE = 200,
    INVALID_CONTEXT = 201,
    NO_BINARY_FOR_GPU = 209,
    UNSUPPORTED_PTX_VERSION = 222,
    JIT_COMPILATION_DISABLED = 223,
    INVALID_HANDLE = 400,
    SYSTEM_DRIVER_MISMATCH = 803,
};

/* None before cuInit, and for a number that is no device. */
__attribute__((visibility("hidden"))) const struct fake_gpu* fake_cuda_gpu(int device);

#endif
