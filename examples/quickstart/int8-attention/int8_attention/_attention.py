# SPDX-License-Identifier: Apache-2.0
"""Quantise, then attend: the steps in front of each path, over device pointers, and over NumPy arrays."""

import contextlib
import ctypes
import math

from ._library import PATHS, Arguments, call, capability as capability_of, path_for

BLOCK = 64  # keys that share a scale, and slots of a row of FP8 values: key_block of src/layout.hpp


class Shape:
    """Sizes of one call: q is [batch, heads, queries, head_size], k and v are [batch, key_heads, keys, head_size].
    A head size is a multiple of 8, at most 128; key_heads divides heads."""

    def __init__(self, batch, heads, key_heads, queries, keys, head_size):
        if head_size % 8 != 0 or not 0 < head_size <= 128:
            raise ValueError(f"a head size of {head_size}; multiples of 8 up to 128 are supported")
        if min(batch, heads, key_heads, queries, keys) < 1 or heads % key_heads != 0:
            raise ValueError(f"{heads} heads cannot share {key_heads} key heads")
        if batch * heads > 65535:
            raise ValueError(f"{batch * heads} heads in one call; 65535 are supported")
        self.batch, self.heads, self.key_heads = batch, heads, key_heads
        self.queries, self.keys, self.head_size = queries, keys, head_size

    @property
    def padded(self):
        return 64 if self.head_size <= 64 else 128

    @property
    def key_blocks(self):
        return -(-self.keys // BLOCK)

    def scratch(self, fp8):
        """Bytes of device memory that the quantised copies need, by name."""
        rows, key_heads = self.batch * self.heads * self.queries, self.batch * self.key_heads
        sizes = {
            "q8": rows * self.padded,
            "q_scale": rows * 4,
            "mean": key_heads * self.padded * 4,
            "k8": key_heads * self.keys * self.padded,
            "k_scale": key_heads * self.key_blocks * 4,
        }
        if fp8:
            sizes["v8"] = key_heads * self.padded * self.key_blocks * BLOCK
            sizes["v_scale"] = key_heads * self.padded * 4
        return sizes


def attention_on_device(q, k, v, out, scratch, shape, *, path, causal=False, scale=None, stream=None):
    """Runs on device memory and returns without waiting. q, k, v, out: addresses of dense FP16 arrays; scratch: an
    address for each name of shape.scratch(fp8); stream: a CUDA stream's address."""
    chosen = PATHS[path]
    key_heads = shape.batch * shape.key_heads
    heads = shape.batch * shape.heads
    sizes = (shape.head_size, shape.padded)
    softmax_scale = 1 / math.sqrt(shape.head_size) if scale is None else scale
    call("_fused", "ia_quantise_queries", q, scratch["q8"], scratch["q_scale"], heads * shape.queries, *sizes,
         softmax_scale, stream)
    call("_fused", "ia_quantise_keys", k, scratch["mean"], scratch["k8"], scratch["k_scale"], key_heads, shape.keys,
         *sizes, stream)
    if chosen.fp8:
        call("_fused", "ia_quantise_values", v, scratch["v8"], scratch["v_scale"], key_heads, shape.keys, *sizes,
             stream)
    arguments = Arguments(
        size=ctypes.sizeof(Arguments),
        heads=heads,
        group=shape.heads // shape.key_heads,
        queries=shape.queries,
        keys=shape.keys,
        head_size=shape.head_size,
        padded=shape.padded,
        causal=int(causal),
        q=scratch["q8"],
        q_scale=scratch["q_scale"],
        k=scratch["k8"],
        k_scale=scratch["k_scale"],
        v=scratch["v8"] if chosen.fp8 else v,
        v_scale=scratch["v_scale"] if chosen.fp8 else None,
        out=out,
    )
    call(chosen.module, chosen.entry, ctypes.byref(arguments), stream)


@contextlib.contextmanager
def _device_memory(sizes):
    addresses = {}
    try:
        for name, size in sizes.items():
            pointer = ctypes.c_void_p()
            call("_fused", "ia_allocate", ctypes.byref(pointer), size)
            addresses[name] = pointer.value
        yield addresses
    finally:
        for address in addresses.values():
            call("_fused", "ia_release", address)


def attention(q, k, v, *, causal=False, scale=None, capability=None, path=None):
    """softmax(q·kᵀ·scale)·v of NumPy arrays of FP16, [batch, heads, rows, head size]; returns the like of q.

    causal: query i sees keys 0 … i + keys − queries. scale: 1/√(head size) by default. The path is named, or follows
    from `capability`, or from the current GPU's own."""
    import numpy

    arrays = [numpy.ascontiguousarray(array, dtype=numpy.float16) for array in (q, k, v)]
    for array in arrays:
        if array.ndim != 4:
            raise ValueError(f"an array of shape {array.shape}; [batch, heads, rows, head size] was expected")
    q, k, v = arrays
    batch, heads, queries, head_size = q.shape
    if k.shape != v.shape or k.shape[0] != batch or k.shape[3] != head_size:
        raise ValueError(f"q of shape {q.shape} does not fit k of {k.shape} and v of {v.shape}")
    shape = Shape(batch, heads, k.shape[1], queries, k.shape[2], head_size)
    if path is None:
        path = path_for(capability if capability is not None else capability_of())
    out = numpy.empty_like(q)
    sizes = {"q": q.nbytes, "k": k.nbytes, "v": v.nbytes, "out": out.nbytes, **shape.scratch(PATHS[path].fp8)}
    with _device_memory(sizes) as memory:
        for name, array in (("q", q), ("k", k), ("v", v)):
            call("_fused", "ia_copy", memory[name], array.ctypes.data, array.nbytes, 1)
        attention_on_device(memory["q"], memory["k"], memory["v"], memory["out"], memory, shape, path=path,
                            causal=causal, scale=scale)
        call("_fused", "ia_synchronise")
        call("_fused", "ia_copy", out.ctypes.data, memory["out"], out.nbytes, 0)
    return out
