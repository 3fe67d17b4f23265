# SPDX-License-Identifier: Apache-2.0
"""RMS norm and gated SiLU. On a GPU by this package's kernels, elsewhere by torch's own operators."""

import torch

from . import _gate, _norm  # noqa: F401: importing them registers torch.ops.torch_kernel

MODULES = ("_norm", "_gate")


def rms_norm(x, weight, epsilon=1e-6):
    """x / sqrt(mean(x²) + epsilon) · weight, over the last dimension."""
    if x.is_cuda:
        return torch.ops.torch_kernel.rms_norm(x, weight, epsilon)
    scale = torch.rsqrt(x.float().pow(2).mean(-1, keepdim=True) + epsilon)
    return (x.float() * scale * weight.float()).to(x.dtype)


def silu_gate(x, gate):
    """x · gate · sigmoid(gate), element by element."""
    if x.is_cuda:
        return torch.ops.torch_kernel.silu_gate(x, gate)
    return (x.float() * torch.nn.functional.silu(gate.float())).to(x.dtype)
