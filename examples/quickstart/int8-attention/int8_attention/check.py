# SPDX-License-Identifier: Apache-2.0
"""Numeric check of the kernels on this machine's GPU: python -m int8_attention.check [--path NAME] [--quick]

Each case is computed three ways (reference.py) and judged twice:

* against exact attention, as users see it: relative error |out − exact| / |exact| over the whole result, and the
  cosine between them. Inputs are normal numbers, the hardest case for int8 (real ones have structure). Rounding Q and K
  to 127 steps of their largest value moves a score by about 0.01, its weight by 1 %, and weighted sums of independent
  values by the same: about 1 % is measured. FP8 weights and values have 3 bits of mantissa, 2.6 % on average each:
  about 4 % is measured. The limits are about twice that: 2.5 % and 7 %. A wrong fragment or a missed block gives 10 % up.
* against the method in NumPy: the same roundings, so what is left is the order of additions, and weights that
  fall to the other side of a rounding step by it. Limit: 0.4 % (FP16) and 1 % (FP8; a step is 6 %).

Exit code 0: all passed; 1: a case failed; 77: no GPU here.
"""

import argparse
import sys

import numpy

from . import reference
from ._attention import attention
from ._library import PATHS, capability, device_count, modules, path_for

LIMITS = {False: (0.025, 0.004), True: (0.07, 0.01)}  # by FP8: of the exact, of the method

# batch, heads, key heads, queries, keys, head size, causal
CASES = [
    (1, 2, 2, 64, 64, 64, False),
    (1, 2, 2, 128, 128, 128, False),
    (1, 2, 2, 128, 128, 64, True),
    (2, 4, 2, 100, 170, 128, False),  # shared key heads, sizes that fill no block
    (1, 2, 1, 100, 170, 128, True),
    (1, 1, 1, 65, 1, 64, False),
    (1, 1, 1, 70, 33, 64, True),  # queries that see no key
    (1, 1, 1, 1, 200, 40, True),  # one new query; a padded head
    (1, 2, 2, 80, 80, 96, True),
    (1, 1, 1, 512, 512, 64, True),
]
LARGE_CASES = [(1, 8, 8, 4096, 4096, 128, False), (2, 8, 2, 2048, 2048, 64, True)]


def make_inputs(case, seed):
    batch, heads, key_heads, queries, keys, size, _ = case
    random = numpy.random.default_rng(seed)
    q = random.standard_normal((batch, heads, queries, size))
    k = random.standard_normal((batch, key_heads, keys, size))
    # Keys of real models have channels far off zero: what the mean is taken away for.
    k += 4 * random.standard_normal((1, key_heads, 1, size))
    v = random.standard_normal((batch, key_heads, keys, size)) * random.uniform(0.1, 10, (1, 1, 1, size))
    return [array.astype(numpy.float16) for array in (q, k, v)]


def distance(value, of):
    value, of = value.astype(numpy.float64), of.astype(numpy.float64)
    return float(numpy.linalg.norm(value - of) / max(numpy.linalg.norm(of), 1e-30))


def cosine(value, of):
    value, of = value.astype(numpy.float64).ravel(), of.astype(numpy.float64).ravel()
    return float(value @ of / max(numpy.linalg.norm(value) * numpy.linalg.norm(of), 1e-30))


def run_case(path, case, seed):
    """The words of a result line, and whether it passed."""
    q, k, v = make_inputs(case, seed)
    causal, fp8 = case[-1], PATHS[path].fp8
    out = attention(q, k, v, causal=causal, path=path)
    exact = reference.exact(q, k, v, causal)
    method = reference.quantised(q, k, v, causal, fp8=fp8)
    from_exact, from_method = distance(out, exact), distance(out, method)
    limit_exact, limit_method = LIMITS[fp8]
    good = bool(numpy.isfinite(out).all()) and from_exact <= limit_exact and from_method <= limit_method
    words = (f"{path:5} {'x'.join(map(str, case[:6])):>22} {'causal' if causal else '':6} "
             f"exact {from_exact:.4f} (limit {limit_exact}), cosine {cosine(out, exact):.6f}, "
             f"method {from_method:.5f} (limit {limit_method})")
    return words, good


def main():
    parser = argparse.ArgumentParser(prog="python -m int8_attention.check", description="numeric check on this GPU")
    parser.add_argument("--path", choices=sorted(PATHS), action="append", help="default: what the GPU's own is, and fp16")
    parser.add_argument("--quick", action="store_true", help="small cases only")
    options = parser.parse_args()
    if device_count() == 0:
        print("no GPU here: nothing was checked")
        return 77
    paths = options.path or sorted({"fp16", path_for(capability())})
    print(f"modules: {', '.join(modules())}; paths: {', '.join(paths)}")
    failed = 0
    for path in paths:
        for seed, case in enumerate(CASES if options.quick else CASES + LARGE_CASES):
            words, good = run_case(path, case, seed)
            print(f"{'ok    ' if good else 'FAILED'} {words}", flush=True)
            failed += not good
    print("all passed" if failed == 0 else f"{failed} failed")
    return 0 if failed == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
