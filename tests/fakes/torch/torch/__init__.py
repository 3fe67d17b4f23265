# SPDX-License-Identifier: Apache-2.0
"""Stands in for torch: what an extension and a service look at, and its libraries loaded as the real one loads its own."""
import ctypes
import os

from .version import __version__, cuda, git_version  # noqa: F401

ctypes.CDLL(os.path.join(os.path.dirname(__file__), "lib", "libtorch_global_deps.so"), mode=ctypes.RTLD_GLOBAL)
