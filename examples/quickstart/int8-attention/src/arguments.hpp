// SPDX-License-Identifier: Apache-2.0
// The C ABI of the modules: what Python's ctypes passes (int8_attention/_library.py mirrors the struct). All pointers
// are device memory, all arrays dense, rows as written from slow to fast. Nothing here owns memory.
#pragma once

#include <cstdint>

#define IA_EXPORT extern "C" __attribute__((visibility("default")))

namespace int8_attention {

// One attention call. `padded` is the head size rounded up to 64 or 128: quantised rows are that long, with zeros at
// the end, so that one kernel serves every head size up to it.
struct Arguments {
    std::int32_t size;       // sizeof(Arguments): a caller built from another version is refused
    std::int32_t heads;      // batch × query heads
    std::int32_t group;      // query heads that share one key head
    std::int32_t queries;    // rows per head
    std::int32_t keys;       // rows per key head
    std::int32_t head_size;  // a multiple of 8, at most `padded`
    std::int32_t padded;     // 64 or 128
    std::int32_t causal;     // 1: query i sees keys 0 … i + keys − queries, so that the last ones meet
    const std::int8_t* q;    // [heads][queries][padded]
    const float* q_scale;    // [heads][queries], holds the softmax scale and log2 e too
    const std::int8_t* k;    // [heads/group][keys][padded]
    const float* k_scale;    // [heads/group][blocks of 64 keys]
    const void* v;           // FP16: [heads/group][keys][head_size]; FP8: [heads/group][padded][keys up to 64]
    const float* v_scale;    // FP8 only: [heads/group][padded]
    std::uint16_t* out;      // FP16: [heads][queries][head_size]
};

}  // namespace int8_attention
