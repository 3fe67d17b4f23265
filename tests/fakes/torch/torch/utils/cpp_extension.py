# SPDX-License-Identifier: Apache-2.0
"""CUDAExtension and BuildExtension as setup.py files use them, strict about what the real ones take silently: one arch in
TORCH_CUDA_ARCH_LIST, the toolkit under CUDA_HOME, ninja on PATH, a compiler for C++. torch's own flags come first, and its
arch flags only where an extension gives none, as the real one does it."""
import os
import re
import shutil
import subprocess
import sysconfig

from setuptools import Extension
from setuptools.command.build_ext import build_ext

CUDA_HOME = os.environ.get("CUDA_HOME")
TORCH = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def arch_flags(given):
    if any("arch=" in flag or flag.startswith("-arch") for flag in given):
        return []
    archs = os.environ["TORCH_CUDA_ARCH_LIST"]
    if not re.fullmatch(r"\d+\.\d[af]?", archs):
        raise RuntimeError(f"TORCH_CUDA_ARCH_LIST is {archs!r}, and should be one arch")
    number = archs.replace(".", "")
    return ["-gencode", f"arch=compute_{number},code=sm_{number}"]


def CUDAExtension(name, sources, extra_compile_args=None, **more):
    extension = Extension(name, sources, language="c++", **more)
    extension.flags = extra_compile_args or {}
    return extension


class BuildExtension(build_ext):
    def build_extension(self, extension):
        if shutil.which("ninja") is None:
            raise RuntimeError("Ninja is required to load C++ extensions")
        objects = []
        include = ["-I" + TORCH + "/include", "-I" + sysconfig.get_path("include"), "-I" + CUDA_HOME + "/include"]
        os.makedirs(self.build_temp, exist_ok=True)
        for source in extension.sources:
            out = os.path.join(self.build_temp, source.replace("/", "-") + ".o")
            if source.endswith(".cu"):
                flags = extension.flags.get("nvcc", [])
                command = [CUDA_HOME + "/bin/nvcc", "-c", source, "-o", out, "-Xcompiler", "-fPIC", *include,
                           *arch_flags(flags), *flags]
            else:
                command = ["g++", "-c", source, "-o", out, "-fPIC", *include, *extension.flags.get("cxx", [])]
            subprocess.run(command, check=True)
            objects.append(out)
        target = self.get_ext_fullpath(extension.name)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        subprocess.run(["g++", "-shared", *objects, "-L" + TORCH + "/lib", "-L" + CUDA_HOME + "/lib", "-lc10", "-lcudart",
                        *(extension.extra_link_args or []), "-o", target], check=True)
