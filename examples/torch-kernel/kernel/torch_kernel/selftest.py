# SPDX-License-Identifier: Apache-2.0
"""python -m torch_kernel.selftest: the kernels against torch's own operators, on the GPU. Exit code 77: there is none."""

import sys

import torch

import torch_kernel


def main():
    if not torch.cuda.is_available():
        print("no GPU here: nothing was checked")
        return 77
    torch.manual_seed(0)
    failed = 0
    for dtype, limit in ((torch.float32, 1e-5), (torch.float16, 2e-3), (torch.bfloat16, 1.6e-2)):
        for shape in ((3, 5, 64), (7, 1000), (2, 4097)):
            x, gate = torch.randn(shape, dtype=dtype), torch.randn(shape, dtype=dtype)
            weight = torch.randn(shape[-1], dtype=dtype)
            for name, arguments in (("rms_norm", (x, weight)), ("silu_gate", (x, gate))):
                function = getattr(torch_kernel, name)
                want = function(*arguments).float()
                got = function(*(argument.cuda() for argument in arguments)).cpu().float()
                # One rounding to the type on each side: two units in its last place, of the largest value.
                error = ((got - want).abs().max() / want.abs().max()).item()
                failed += error > limit
                print(f"{'ok    ' if error <= limit else 'FAILED'} {name} {dtype} {shape}: {error:.2e} (limit {limit})")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
