// SPDX-License-Identifier: Apache-2.0
// FP16 by the compiler's own type, FP8 from its definition: what machine_on_cpu.hpp computes with.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>

namespace int8_attention {

inline float half_to_float(std::uint16_t bits) {
    _Float16 value;
    std::memcpy(&value, &bits, 2);
    return static_cast<float>(value);
}
inline std::uint16_t float_to_half(float value) {
    const auto rounded = static_cast<_Float16>(value);
    std::uint16_t bits;
    std::memcpy(&bits, &rounded, 2);
    return bits;
}
inline std::uint32_t pack_half(float low, float high) {
    return static_cast<std::uint32_t>(float_to_half(high)) << 16 | float_to_half(low);
}
inline float e4m3_to_float(std::uint8_t bits) {
    const int field = bits >> 3 & 15, mantissa = bits & 7;
    const float size = field == 0 ? std::ldexp(static_cast<float>(mantissa), -9)
                                  : std::ldexp(static_cast<float>(8 + mantissa), field - 10);
    return (bits & 0x80) != 0 ? -size : size;
}
inline std::uint8_t float_to_e4m3(float value) {  // by search, so that it owes nothing to round_to_e4m3()
    std::uint8_t best = 0;
    const float size = std::fabs(value);
    for (int bits = 0; bits < 0x7F; ++bits) {
        const float now = std::fabs(e4m3_to_float(static_cast<std::uint8_t>(bits)) - size);
        const float then = std::fabs(e4m3_to_float(best) - size);
        if (now < then || (now == then && bits % 2 == 0)) best = static_cast<std::uint8_t>(bits);
    }
    return static_cast<std::uint8_t>(best | (std::signbit(value) ? 0x80 : 0));
}
inline std::uint32_t pack_e4m3(float first, float second, float third, float fourth) {
    const float value[4] = {first, second, third, fourth};
    std::uint32_t out = 0;
    for (int i = 0; i < 4; ++i) out |= static_cast<std::uint32_t>(float_to_e4m3(value[i])) << 8 * i;
    return out;
}

}  // namespace int8_attention
