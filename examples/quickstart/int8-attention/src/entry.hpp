// SPDX-License-Identifier: Apache-2.0
// The checks in front of every attention kernel, and the choice between its two compiled head sizes. Error codes are
// the CUDA runtime's: 1 is cudaErrorInvalidValue.
#pragma once

#include "arguments.hpp"

namespace int8_attention {

constexpr int invalid_value = 1;

inline bool is_valid(const Arguments& args, bool has_v_scale) {
    const bool shape = args.size == static_cast<std::int32_t>(sizeof(Arguments)) && args.heads > 0 && args.group > 0 &&
                       args.heads % args.group == 0 && args.queries > 0 && args.keys > 0 && args.head_size > 0 &&
                       args.head_size % 8 == 0 && (args.padded == 64 || args.padded == 128) &&
                       args.head_size <= args.padded;
    const bool limits = args.heads <= 65535;  // the grid's second dimension
    return shape && limits && args.q != nullptr && args.q_scale != nullptr && args.k != nullptr &&
           args.k_scale != nullptr && args.v != nullptr && args.out != nullptr &&
           has_v_scale == (args.v_scale != nullptr);
}

using Launcher = int (*)(const Arguments&, void* stream);

inline int dispatch(const Arguments* args, void* stream, bool has_v_scale, Launcher narrow, Launcher wide) {
    if (args == nullptr || !is_valid(*args, has_v_scale)) return invalid_value;
    return args->padded == 64 ? narrow(*args, stream) : wide(*args, stream);
}

}  // namespace int8_attention
