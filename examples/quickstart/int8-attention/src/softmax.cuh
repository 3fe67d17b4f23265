// SPDX-License-Identifier: Apache-2.0
// What happens between the two products, and after the last: the online softmax over blocks of keys, and writing the
// result.
//
// Online softmax (Milakov and Gimelshein, 2018): for each row keep the largest score so far, the sum of 2^(score −
// largest) and the output weighted by the same. When a block brings a larger score, sum and output are multiplied by
// 2^(old − new). At the end the output is divided by the sum; no row of scores is ever in memory as a whole.
#pragma once

#include "work.cuh"

namespace int8_attention {

// One lane's state of its two rows: `tiles` × 8 channels of output.
template <int tiles>
struct Rows {
    float largest[2];
    float sum[2];  // of this lane's own columns; the row's sum is made at the end
    float out[tiles][4];

    IA_DEVICE void clear() {
        for (int half = 0; half < 2; ++half) {
            largest[half] = -INFINITY;
            sum[half] = 0;
        }
#pragma unroll
        for (int tile = 0; tile < tiles; ++tile)
#pragma unroll
            for (int i = 0; i < 4; ++i) out[tile][i] = 0;
    }
};

// One block of scores → its weights 2^(score − largest), with sum and output brought to the new largest score. `scale`
// turns the integer scores of each row into logarithms to the base 2.
template <int tiles>
IA_DEVICE void softmax_step(float (&weights)[score_tiles][4], const std::int32_t (&scores)[score_tiles][4],
                            const float (&scale)[2], int first_key, const Work& work, Rows<tiles>& rows) {
#pragma unroll
    for (int half = 0; half < 2; ++half) {
        float largest = rows.largest[half];
#pragma unroll
        for (int tile = 0; tile < score_tiles; ++tile)
#pragma unroll
            for (int i = 2 * half; i < 2 * half + 2; ++i) {
                const int key = first_key + 8 * tile + accumulator_column(work.lane, i);
                const float score = static_cast<float>(scores[tile][i]) * scale[half];
                weights[tile][i] = key < work.limit[half] ? score : -INFINITY;
                largest = fmaxf(largest, weights[tile][i]);
            }
        largest = fmaxf(largest, from_lane(largest, 1));  // the four lanes that share the row
        largest = fmaxf(largest, from_lane(largest, 2));
        // A row that has seen no key yet: −∞ − −∞ would be no number.
        const float reference = largest == -INFINITY ? 0.0f : largest;
        const float shrink = power_of_two(rows.largest[half] - reference);
        rows.largest[half] = largest;
        rows.sum[half] *= shrink;
#pragma unroll
        for (int tile = 0; tile < score_tiles; ++tile)
#pragma unroll
            for (int i = 2 * half; i < 2 * half + 2; ++i) {
                weights[tile][i] = power_of_two(weights[tile][i] - reference);
                rows.sum[half] += weights[tile][i];
            }
#pragma unroll
        for (int tile = 0; tile < tiles; ++tile) {
            rows.out[tile][2 * half] *= shrink;
            rows.out[tile][2 * half + 1] *= shrink;
        }
    }
}

// Divides by the row's sum and writes FP16. `v_scale`: of each channel, or null.
template <int tiles>
IA_DEVICE void write_rows(const Rows<tiles>& rows, const Arguments& args, const Work& work, const float* v_scale) {
#pragma unroll
    for (int half = 0; half < 2; ++half) {
        float sum = rows.sum[half];
        sum += from_lane(sum, 1);
        sum += from_lane(sum, 2);
        if (work.row[half] >= args.queries) continue;
        const float inverse = sum > 0 ? 1.0f / sum : 0.0f;  // a row that sees no key is zeros
        const std::size_t row = static_cast<std::size_t>(work.head) * static_cast<std::size_t>(args.queries) +
                                static_cast<std::size_t>(work.row[half]);
        std::uint16_t* to = args.out + row * static_cast<std::size_t>(args.head_size);
#pragma unroll
        for (int tile = 0; tile < tiles; ++tile) {
            const int channel = 8 * tile + accumulator_column(work.lane, 2 * half);
            if (channel >= args.head_size) continue;
            float low = rows.out[tile][2 * half] * inverse, high = rows.out[tile][2 * half + 1] * inverse;
            if (v_scale != nullptr) {
                low *= v_scale[channel] / fp8_maximum;
                high *= v_scale[channel + 1] / fp8_maximum;
            }
            *reinterpret_cast<std::uint32_t*>(to + channel) = pack_half(low, high);
        }
    }
}

}  // namespace int8_attention
