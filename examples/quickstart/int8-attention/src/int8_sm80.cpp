// SPDX-License-Identifier: Apache-2.0
// The entry of _int8_sm80.so.
#include "entry.hpp"

namespace int8_attention {
int int8_fp16_64(const Arguments& args, void* stream);
int int8_fp16_128(const Arguments& args, void* stream);
}  // namespace int8_attention

// Returns a cudaError_t; the kernel then runs on `stream` (null: the default one).
IA_EXPORT int ia_attention_int8_fp16(const int8_attention::Arguments* args, void* stream) {
    using namespace int8_attention;
    return dispatch(args, stream, false, int8_fp16_64, int8_fp16_128);
}
