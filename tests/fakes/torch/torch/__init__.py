# SPDX-License-Identifier: Apache-2.0
"""Stands in for torch: what an extension and a service look at, and its library loaded as the real one loads its own."""
import ctypes
import glob
import os

from .version import __version__, cuda, git_version  # noqa: F401

# As the real one: what its wheel depends on is loaded first, so that an extension finds it by its soname.
for _runtime in glob.glob(os.path.join(os.path.dirname(os.path.dirname(__file__)), "nvidia", "*", "lib", "libcudart.so.*")):
    ctypes.CDLL(_runtime, mode=ctypes.RTLD_GLOBAL)
ctypes.CDLL(os.path.join(os.path.dirname(__file__), "lib", "libc10.so"), mode=ctypes.RTLD_GLOBAL)
