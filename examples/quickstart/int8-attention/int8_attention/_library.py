# SPDX-License-Identifier: Apache-2.0
"""The modules as ctypes libraries: found beside this file, loaded when first used, each call's error turned into
CudaError. Mirrors the C ABI of src/arguments.hpp."""

import ctypes
import functools
import os

_FOLDER = os.path.dirname(os.path.abspath(__file__))


class Path:
    """One way to compute: a module, its entry, and whether it takes FP8 values."""

    def __init__(self, name, module, entry, fp8):
        self.name, self.module, self.entry, self.fp8 = name, module, entry, fp8


# From the most general to the fastest.
PATHS = {
    path.name: path
    for path in (
        Path("fp16", "_int8_sm80", "ia_attention_int8_fp16", fp8=False),
        Path("fp8", "_fp8_sm89", "ia_attention_int8_fp8", fp8=True),
        Path("wgmma", "_wgmma_sm90a", "ia_attention_wgmma", fp8=True),
    )
}


class Arguments(ctypes.Structure):
    _fields_ = [
        ("size", ctypes.c_int32),
        ("heads", ctypes.c_int32),
        ("group", ctypes.c_int32),
        ("queries", ctypes.c_int32),
        ("keys", ctypes.c_int32),
        ("head_size", ctypes.c_int32),
        ("padded", ctypes.c_int32),
        ("causal", ctypes.c_int32),
        ("q", ctypes.c_void_p),
        ("q_scale", ctypes.c_void_p),
        ("k", ctypes.c_void_p),
        ("k_scale", ctypes.c_void_p),
        ("v", ctypes.c_void_p),
        ("v_scale", ctypes.c_void_p),
        ("out", ctypes.c_void_p),
    ]


_POINTER, _INT, _FLOAT = ctypes.c_void_p, ctypes.c_int, ctypes.c_float
_SIGNATURES = {
    "_fused": {
        "ia_device_count": [ctypes.POINTER(_INT)],
        "ia_capability": [_INT, ctypes.POINTER(_INT), ctypes.POINTER(_INT)],
        "ia_current_device": [ctypes.POINTER(_INT)],
        "ia_allocate": [ctypes.POINTER(_POINTER), ctypes.c_size_t],
        "ia_release": [_POINTER],
        "ia_copy": [_POINTER, _POINTER, ctypes.c_size_t, _INT],
        "ia_synchronise": [],
        "ia_quantise_queries": [_POINTER] * 3 + [_INT] * 3 + [_FLOAT, _POINTER],
        "ia_quantise_keys": [_POINTER] * 4 + [_INT] * 4 + [_POINTER],
        "ia_quantise_values": [_POINTER] * 3 + [_INT] * 4 + [_POINTER],
    },
}
for _path in PATHS.values():
    _SIGNATURES[_path.module] = {_path.entry: [ctypes.POINTER(Arguments), _POINTER]}


class CudaError(RuntimeError):
    """A call of the CUDA runtime failed; `code` is its cudaError_t."""

    def __init__(self, code, what):
        text = library("_fused").ia_error_text(code)
        super().__init__(f"{what}: {text.decode()} (CUDA error {code})")
        self.code = code


def modules():
    """The modules that were built: an arch has only those that its GPUs need."""
    return [name for name in _SIGNATURES if os.path.exists(os.path.join(_FOLDER, name + ".so"))]


@functools.cache
def library(name):
    file = os.path.join(_FOLDER, name + ".so")
    if not os.path.exists(file):
        raise ImportError(f"int8_attention was built without {name}; it has {', '.join(modules()) or 'no module'}")
    loaded = ctypes.CDLL(file)
    for function, arguments in _SIGNATURES[name].items():
        getattr(loaded, function).argtypes = arguments
        getattr(loaded, function).restype = _INT
    if name == "_fused":
        loaded.ia_error_text.argtypes = [_INT]
        loaded.ia_error_text.restype = ctypes.c_char_p
    return loaded


def call(module, function, *arguments):
    code = getattr(library(module), function)(*arguments)
    if code != 0:
        raise CudaError(code, function)


def device_count():
    """0 where there is no GPU or no driver."""
    count = _INT(0)
    return count.value if library("_fused").ia_device_count(ctypes.byref(count)) == 0 else 0


def capability(device=None):
    """(major, minor) of a device; of the current one by default."""
    if device is None:
        current = _INT(0)
        call("_fused", "ia_current_device", ctypes.byref(current))
        device = current.value
    major, minor = _INT(0), _INT(0)
    call("_fused", "ia_capability", device, ctypes.byref(major), ctypes.byref(minor))
    return major.value, minor.value


def path_for(of):
    """The name of the path that serves a GPU of capability `of`, a (major, minor)."""
    if tuple(of) < (8, 0):
        raise ValueError(f"compute capability {of[0]}.{of[1]} has no int8 products of this kind; 8.0 is the first")
    if tuple(of) == (9, 0):
        return "wgmma"
    return "fp8" if tuple(of) >= (8, 9) else "fp16"
