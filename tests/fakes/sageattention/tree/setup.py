# SPDX-License-Identifier: Apache-2.0
"""Builds as SageAttention's setup.py does, in what a builder can see:

* TORCH_CUDA_ARCH_LIST, split at ';' and ',' only; what is not known is dropped without a word; 9.0 becomes sm_90a, 12.0
  sm_120a; every arch goes to every module;
* modules: _qattn_sm80 and _fused always, _qattn_sm89 from 8.9 on, _qattn_sm90 (which links libcuda) with 9.0;
* EXT_PARALLEL, MAX_JOBS, CXX_APPEND_FLAGS, NVCC_APPEND_FLAGS, SAGEATTN_SKIP_CUDA_BUILD;
* a toolkit too old for an arch is refused, and `packaging` has to be there.
"""

import os
import re
import subprocess
import sys

from packaging.version import Version
from setuptools import find_packages, setup

TARGETS = {"8.0": "80", "8.6": "86", "8.9": "89", "9.0": "90a", "10.0": "100a", "12.0": "120a"}
OLDEST_CUDA = {"8.9": "12.4", "9.0": "12.3", "12.0": "12.8"}
FP8_GPUS = {"8.9", "9.0", "10.0", "12.0"}


def wanted():
    items = (item.strip().lower() for item in re.split("[;,]", os.environ.get("TORCH_CUDA_ARCH_LIST", "")))
    items = [item.replace("a", "").removesuffix("+ptx") for item in items if item]
    if not items:
        raise RuntimeError("No target compute capabilities. Set TORCH_CUDA_ARCH_LIST.")
    return [known for item in items for known in TARGETS if item.startswith(known)]


def check_toolkit(cuda_home, capabilities):
    said = subprocess.run([cuda_home + "/bin/nvcc", "-V"], check=True, capture_output=True, text=True).stdout
    version = Version(re.search(r"release (\d+\.\d+)", said).group(1))
    for capability in ["12.0 itself", *capabilities]:
        oldest = OLDEST_CUDA.get(capability, "12.0")
        if version < Version(oldest):
            raise RuntimeError(f"CUDA {oldest} or higher is required for compute capability {capability}.")


def modules():
    from torch.utils.cpp_extension import CUDA_HOME, CUDAExtension

    if CUDA_HOME is None:
        raise RuntimeError("Cannot find CUDA_HOME.")
    capabilities = wanted()
    check_toolkit(CUDA_HOME, capabilities)
    cxx = ["-O2", "-std=c++17", *os.environ.get("CXX_APPEND_FLAGS", "").split()]
    nvcc = ["-O2", "-std=c++17", "--threads=8", *os.environ.get("NVCC_APPEND_FLAGS", "").split()]
    for capability in capabilities:
        nvcc += ["-gencode", f"arch=compute_{TARGETS[capability]},code=sm_{TARGETS[capability]}"]

    def module(name, **more):
        return CUDAExtension(f"sageattention.{name}", [f"csrc/{name[1:]}_module.cpp", f"csrc/{name[1:]}.cu"],
                             extra_compile_args={"cxx": cxx, "nvcc": nvcc}, **more)

    found = [module("_fused"), module("_qattn_sm80")]
    if FP8_GPUS & set(capabilities):
        found.append(module("_qattn_sm89"))
    if "9.0" in capabilities:
        found.append(module("_qattn_sm90", extra_link_args=["-lcuda"]))
    return found


def command():
    from torch.utils.cpp_extension import BuildExtension

    os.environ.setdefault("MAX_JOBS", "32")

    class Parallel(BuildExtension):
        def finalize_options(self):
            self.parallel = int(os.environ.get("EXT_PARALLEL", os.environ["MAX_JOBS"]))
            super().finalize_options()

    return {"build_ext": Parallel}


skip = os.environ.get("SAGEATTN_SKIP_CUDA_BUILD", "0").upper() in ("1", "TRUE", "YES") or "sdist" in sys.argv
setup(
    name="sageattention",
    version="2.2.0",
    packages=find_packages(),
    ext_modules=[] if skip else modules(),
    cmdclass={} if skip else command(),
)
