# SPDX-License-Identifier: Apache-2.0
"""Attention with int8 scores, for NVIDIA GPUs, without torch.

    import int8_attention
    out = int8_attention.attention(q, k, v, causal=True)     # NumPy arrays, FP16, [batch, heads, rows, head size]

Device memory of another library (torch, CuPy) goes through `attention_on_device`, which takes pointers.

Importing needs no GPU, no driver and no NumPy. The kernels are chosen by the GPU's compute capability; `path` and
`capability` name others. `python -m int8_attention.check` compares the results with exact attention.
"""

from ._attention import Shape, attention, attention_on_device
from ._library import CudaError, capability, device_count, modules, path_for

__all__ = [
    "CudaError",
    "Shape",
    "attention",
    "attention_on_device",
    "capability",
    "device_count",
    "modules",
    "path_for",
]
__version__ = "1.0.0"
