# SPDX-License-Identifier: Apache-2.0
# TORCH_CUDA_ARCH_LIST says for which GPUs `_norm` is compiled. `_gate` has a list of its own, as many real projects do,
# and torch adds nothing where a list is given: in a build for one GPU, nvcc-front makes one arch of it.
from setuptools import setup
from torch.utils.cpp_extension import BuildExtension, CUDAExtension

ALL_THE_GPUS = ["80", "86", "89", "90", "100", "120"]
GENCODE = [flag for sm in ALL_THE_GPUS for flag in ("-gencode", f"arch=compute_{sm},code=sm_{sm}")]


def extension(name, nvcc_flags):
    return CUDAExtension(
        f"torch_kernel._{name}",
        # Torch's headers take half a minute to compile, so the CUDA file has none of them.
        [f"csrc/{name}_operator.cpp", f"csrc/{name}.cu"],
        extra_compile_args={"cxx": ["-O2", "-g0"], "nvcc": ["-O3", *nvcc_flags]},
    )


setup(
    name="torch-kernel",
    version="1.0.0",
    packages=["torch_kernel"],
    ext_modules=[extension("norm", []), extension("gate", GENCODE)],
    cmdclass={"build_ext": BuildExtension},
)
