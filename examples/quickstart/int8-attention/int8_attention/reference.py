# SPDX-License-Identifier: Apache-2.0
"""What the kernels should give, in NumPy: exact attention, and attention with the same quantisation and the same
blocks, step by step. The first says how good the method is, the second whether a kernel does the method."""

import numpy

BLOCK = 64
LOG2_E = numpy.float32(1.44269504088896340736)
FP8_MAXIMUM = 448.0


def _visible(queries, keys, causal):
    if not causal:
        return numpy.ones((queries, keys), bool)
    return numpy.arange(keys)[None, :] <= numpy.arange(queries)[:, None] + keys - queries


def _repeat_heads(array, heads):
    return numpy.repeat(array, heads // array.shape[1], axis=1)


def exact(q, k, v, causal=False, scale=None):
    """In double precision; rows that see no key are zeros."""
    q, k, v = (numpy.asarray(array, numpy.float64) for array in (q, k, v))
    k, v = _repeat_heads(k, q.shape[1]), _repeat_heads(v, q.shape[1])
    scores = q @ k.swapaxes(-1, -2) * (1 / numpy.sqrt(q.shape[-1]) if scale is None else scale)
    visible = _visible(q.shape[2], k.shape[2], causal)
    scores = numpy.where(visible, scores, -numpy.inf)
    largest = scores.max(-1, keepdims=True)
    weights = numpy.exp(scores - numpy.where(numpy.isinf(largest), 0, largest))
    total = weights.sum(-1, keepdims=True)
    return weights @ v / numpy.where(total > 0, total, 1)


def to_e4m3(values):
    """The nearest e4m3, ties to even, saturating: as floats."""
    values = numpy.asarray(values, numpy.float32)
    size = numpy.minimum(numpy.abs(values), FP8_MAXIMUM)
    exponent = numpy.maximum(numpy.floor(numpy.log2(numpy.maximum(size, 2.0**-20))), -6)
    step = numpy.exp2(exponent - 3)
    return (numpy.sign(values) * numpy.rint(size / step) * step).astype(numpy.float32)


def _ratio(top, bottom):
    return numpy.divide(top, bottom, out=numpy.zeros(numpy.broadcast_shapes(numpy.shape(top), bottom.shape),
                                                     numpy.float32), where=bottom > 0)


def quantise_queries(q, scale):
    largest = numpy.abs(q).max(-1, keepdims=True)
    q8 = numpy.rint(numpy.clip(q * _ratio(numpy.float32(127), largest), -127, 127))
    return q8, largest / numpy.float32(127) * (numpy.float32(scale) * LOG2_E)


def quantise_keys(k):
    k = k - k.mean(2, keepdims=True, dtype=numpy.float32)
    k8, scales = numpy.zeros_like(k), []
    for first in range(0, k.shape[2], BLOCK):
        block = k[:, :, first : first + BLOCK]
        largest = numpy.abs(block).max((2, 3), keepdims=True)
        k8[:, :, first : first + BLOCK] = numpy.rint(block * _ratio(numpy.float32(127), largest))
        scales.append(largest / numpy.float32(127))
    return k8, scales


def quantised(q, k, v, causal=False, scale=None, fp8=False):
    """The method itself, in single precision: int8 scores, and weights and values in FP16 or FP8."""
    q, k, v = (numpy.asarray(array, numpy.float32) for array in (q, k, v))
    k, v = _repeat_heads(k, q.shape[1]), _repeat_heads(v, q.shape[1])
    q8, q_scale = quantise_queries(q, 1 / numpy.sqrt(q.shape[-1]) if scale is None else scale)
    k8, k_scales = quantise_keys(k)
    v_scale = numpy.float32(1)
    if fp8:
        v_scale = numpy.abs(v).max(2, keepdims=True) / numpy.float32(FP8_MAXIMUM)
        v = to_e4m3(_ratio(v, v_scale))
    visible = _visible(q.shape[2], k.shape[2], causal)
    largest = numpy.full(q.shape[:3] + (1,), -numpy.inf, numpy.float32)
    total = numpy.zeros_like(largest)
    out = numpy.zeros_like(q)
    for index, first in enumerate(range(0, k.shape[2], BLOCK)):
        keys = slice(first, first + BLOCK)
        scores = q8 @ k8[:, :, keys].swapaxes(-1, -2)  # whole numbers below 2^24: exact in floats
        scores = numpy.where(visible[:, keys], scores * (q_scale * k_scales[index]), -numpy.inf)
        new = numpy.maximum(largest, scores.max(-1, keepdims=True))
        reference = numpy.where(numpy.isinf(new), 0, new)
        weights = numpy.exp2(scores - reference)
        shrink = numpy.exp2(largest - reference)
        largest = new
        total = total * shrink + weights.sum(-1, keepdims=True)
        rounded = (to_e4m3(weights * numpy.float32(FP8_MAXIMUM)) if fp8
                   else weights.astype(numpy.float16).astype(numpy.float32))
        out = out * shrink + rounded @ v[:, :, keys]
    out = out / numpy.where(total > 0, total, 1)
    return out * v_scale / numpy.float32(FP8_MAXIMUM) if fp8 else out
