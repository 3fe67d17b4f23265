# SPDX-License-Identifier: Apache-2.0
"""Does sageattn() compute attention on this GPU, in this Python? Run by the service's own interpreter.

Importing proves nothing: the package hides modules that fail to load, and one release returned memory that no kernel
had written to. So the result is compared with torch's own attention, computed the plain way in float32 on the CPU, for
both head sizes that are compiled, causal and not. Limits as a public wheel factory uses them on five kinds of GPU:
cosine 0.995, relative error 0.10; memory that no kernel wrote to misses both by far, unless it still holds an earlier
result, so each case has inputs of its own and a result that was seen before fails.

One line of words a case; exit code 0: it does, 1: it does not, 77: there is no GPU.
"""

import sys

MINIMUM_COSINE = 0.995
MAXIMUM_ERROR = 0.10


def exact(torch, q, k, v, causal):
    q, k, v = (tensor.float().cpu() for tensor in (q, k, v))
    scores = q @ k.transpose(-1, -2) / q.shape[-1] ** 0.5
    if causal:
        hidden = torch.ones(scores.shape[-2:], dtype=torch.bool).triu(1)
        scores = scores.masked_fill(hidden, float("-inf"))
    return scores.softmax(-1) @ v


def check(torch, sageattn, head_size, causal, dtype, seed):
    """(passed, words, result)"""
    generator = torch.Generator().manual_seed(seed)
    q, k, v = (torch.randn((1, 4, 512, head_size), generator=generator).to(dtype).cuda() for _ in range(3))
    got = sageattn(q, k, v, tensor_layout="HND", is_causal=causal).float().cpu()
    torch.cuda.synchronize()
    want = exact(torch, q, k, v, causal)
    finite = bool(torch.isfinite(got).all())
    cosine = torch.nn.functional.cosine_similarity(got.flatten(), want.flatten(), dim=0).item()
    error = ((got - want).norm() / want.norm()).item()
    passed = finite and cosine >= MINIMUM_COSINE and error <= MAXIMUM_ERROR
    words = (f"head size {head_size}{', causal' if causal else ''}, {str(dtype)[6:]}: cosine {cosine:.5f} "
             f"(at least {MINIMUM_COSINE}), relative error {error:.4f} (at most {MAXIMUM_ERROR})"
             f"{'' if finite else ', not finite'}")
    return passed, words, got


def main():
    import torch

    if not torch.cuda.is_available():
        print("no GPU here: nothing was checked")
        return 77
    try:
        from sageattention import sageattn
    except Exception as why:  # an ImportError, or whatever a broken library raises while it loads
        print(f"FAILED sageattention cannot be imported: {type(why).__name__}: {why}")
        return 1
    failed = 0
    seen = []
    for head_size in (64, 128):
        for causal in (False, True):
            for dtype in (torch.float16, torch.bfloat16):
                try:
                    passed, words, got = check(torch, sageattn, head_size, causal, dtype, len(seen))
                except Exception as why:
                    passed, words, got = False, f"head size {head_size}: {type(why).__name__}: {why}", None
                if got is not None and any(got.shape == other.shape and torch.equal(got, other) for other in seen):
                    passed, words = False, words + ", the very result of other inputs"
                seen.append(got if got is not None else torch.empty(0))
                print(("ok     " if passed else "FAILED ") + words, flush=True)
                failed += not passed
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
