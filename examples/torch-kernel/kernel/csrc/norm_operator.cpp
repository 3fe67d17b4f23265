// SPDX-License-Identifier: Apache-2.0
// torch.ops.torch_kernel.rms_norm
#include "operators.hpp"

namespace torch_kernel {

static at::Tensor rms_norm_operator(const at::Tensor& x, const at::Tensor& weight, double epsilon) {
    check_alike(x, weight);
    TORCH_CHECK(x.dim() > 0 && weight.dim() == 1 && weight.size(0) == x.size(-1),
                "the weight must have the length of the last dimension");
    const at::Tensor dense = x.contiguous(), dense_weight = weight.contiguous();
    at::Tensor out = at::empty_like(dense);
    const std::int64_t columns = x.size(-1);
    const c10::cuda::CUDAGuard device(x.device());
    C10_CUDA_CHECK(rms_norm(type_of(x), dense.const_data_ptr(), dense_weight.const_data_ptr(), out.mutable_data_ptr(),
                            columns == 0 ? 0 : x.numel() / columns, columns, static_cast<float>(epsilon),
                            c10::cuda::getCurrentCUDAStream()));
    return out;
}

}  // namespace torch_kernel

TORCH_LIBRARY_FRAGMENT(torch_kernel, library) {
    library.def("rms_norm(Tensor x, Tensor weight, float epsilon) -> Tensor");
}
TORCH_LIBRARY_IMPL(torch_kernel, CUDA, library) { library.impl("rms_norm", &torch_kernel::rms_norm_operator); }

PyMODINIT_FUNC PyInit__norm() {
    static PyModuleDef definition;
    return torch_kernel::empty_module(definition, "_norm");
}
