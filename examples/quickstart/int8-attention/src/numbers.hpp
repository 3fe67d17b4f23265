// SPDX-License-Identifier: Apache-2.0
// Rounding that the GPU and the CPU do alike, bit for bit: float to int8, and float to FP8 e4m3 (4 bits of exponent, 3
// of mantissa, no infinity, one NaN; "FP8 Formats for Deep Learning", 2022). The quantisers use them, so they also run
// where the hardware has no FP8.
#pragma once

#include <cmath>
#include <cstdint>

#include "layout.hpp"

namespace int8_attention {

// To the nearest, ties to even, clamped to ±127 so that the range is symmetric.
IA_BOTH std::int8_t round_to_int8(float value) {
    const float clamped = fminf(fmaxf(value, -127.0f), 127.0f);
    return static_cast<std::int8_t>(rintf(clamped));
}

// To the nearest e4m3, ties to even, saturating at ±448. e4m3 has 8 steps in each power of two from 2^-6 up, and equal
// steps of 2^-9 below: adding and subtracting a power of two whose own step is that wide rounds to it.
IA_BOTH std::uint8_t round_to_e4m3(float value) {
    const float size = fminf(fabsf(value), fp8_maximum);
    int exponent = -6;
    while (exponent < 8 && size >= ldexpf(1.0f, exponent + 1)) ++exponent;
    const float step = ldexpf(1.0f, exponent - 3);
    int units = static_cast<int>(rintf(size / step));  // 8…16 for normal numbers, 0…8 for the smallest
    if (units == 16) {
        units = 8;
        ++exponent;
    }
    // A normal number's leading 8 is not stored; it makes the exponent field 1 instead of 0.
    const int field = units >= 8 ? exponent + 7 : 0;
    const int mantissa = units >= 8 ? units - 8 : units;
    return static_cast<std::uint8_t>((value < 0 ? 0x80 : 0) | field << 3 | mantissa);
}

}  // namespace int8_attention
