// SPDX-License-Identifier: Apache-2.0
// What both modules need to become torch operators and importable Python modules.
#pragma once

#include <ATen/ATen.h>
#include <Python.h>
#include <c10/cuda/CUDAException.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>
#include <torch/library.h>

#include "norm.hpp"

namespace torch_kernel {

inline Type type_of(const at::Tensor& tensor) {
    switch (tensor.scalar_type()) {
        case at::kFloat:
            return Type::float32;
        case at::kHalf:
            return Type::float16;
        case at::kBFloat16:
            return Type::bfloat16;
        default:
            TORCH_CHECK(false, "float32, float16 or bfloat16 was expected, not ", tensor.scalar_type());
    }
}

inline void check_alike(const at::Tensor& one, const at::Tensor& other) {
    TORCH_CHECK(one.is_cuda() && one.device() == other.device(), "tensors on one GPU were expected");
    TORCH_CHECK(one.scalar_type() == other.scalar_type(), "tensors of one type were expected");
}

// A module without members: importing it loads the library, and loading it registers the operators.
inline PyObject* empty_module(PyModuleDef& definition, const char* name) {
    definition = {PyModuleDef_HEAD_INIT, name, nullptr, -1, nullptr, nullptr, nullptr, nullptr, nullptr};
    return PyModule_Create(&definition);
}

}  // namespace torch_kernel
