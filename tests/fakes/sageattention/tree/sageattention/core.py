# SPDX-License-Identifier: Apache-2.0
"""Loads modules as upstream does: one that does not load is passed over without a word, `_fused` is not. Refuses GPUs as
upstream does. Computes with torch's own operators."""

import torch

from . import _fused

ENABLED = {}
for _name in ("sm80", "sm89", "sm90"):
    try:
        __import__(f"{__package__}._qattn_{_name}")
        ENABLED[_name] = True
    except Exception:  # as upstream: whatever it was
        ENABLED[_name] = False

MODULE_OF = {"sm80": "sm80", "sm86": None, "sm89": "sm89", "sm90": "sm90", "sm120": "sm89"}


def sageattn(q, k, v, tensor_layout="HND", is_causal=False, sm_scale=None, **_):
    if q.is_cuda:
        arch = "sm%d%d" % torch.cuda.get_device_capability(q.device)
        if arch not in MODULE_OF:
            raise ValueError(f"Unsupported CUDA architecture: {arch}")
        module = MODULE_OF[arch]
        assert module is None or ENABLED[module], f"{arch.upper()} kernel is not available."
    assert _fused.loaded() == 1
    if tensor_layout == "NHD":
        q, k, v = (tensor.transpose(1, 2) for tensor in (q, k, v))
    out = torch.nn.functional.scaled_dot_product_attention(q, k, v, is_causal=is_causal, scale=sm_scale)
    return out.transpose(1, 2) if tensor_layout == "NHD" else out
