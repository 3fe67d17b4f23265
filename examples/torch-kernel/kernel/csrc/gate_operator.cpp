// SPDX-License-Identifier: Apache-2.0
// torch.ops.torch_kernel.silu_gate
#include "gate.hpp"

#include "operators.hpp"

namespace torch_kernel {

static at::Tensor silu_gate_operator(const at::Tensor& x, const at::Tensor& gate) {
    check_alike(x, gate);
    TORCH_CHECK(x.sizes() == gate.sizes(), "tensors of one shape were expected");
    const at::Tensor dense = x.contiguous(), dense_gate = gate.contiguous();
    at::Tensor out = at::empty_like(dense);
    const c10::cuda::CUDAGuard device(x.device());
    C10_CUDA_CHECK(silu_gate(type_of(x), dense.const_data_ptr(), dense_gate.const_data_ptr(), out.mutable_data_ptr(),
                             x.numel(), c10::cuda::getCurrentCUDAStream()));
    return out;
}

}  // namespace torch_kernel

TORCH_LIBRARY_FRAGMENT(torch_kernel, library) { library.def("silu_gate(Tensor x, Tensor gate) -> Tensor"); }
TORCH_LIBRARY_IMPL(torch_kernel, CUDA, library) { library.impl("silu_gate", &torch_kernel::silu_gate_operator); }

PyMODINIT_FUNC PyInit__gate() {
    static PyModuleDef definition;
    return torch_kernel::empty_module(definition, "_gate");
}
