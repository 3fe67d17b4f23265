// SPDX-License-Identifier: Apache-2.0
// The entry of _wgmma_sm90a.so.
#include "entry.hpp"

namespace int8_attention {
int wgmma_64(const Arguments& args, void* stream);
int wgmma_128(const Arguments& args, void* stream);
}  // namespace int8_attention

// Returns a cudaError_t; the kernel then runs on `stream` (null: the default one).
IA_EXPORT int ia_attention_wgmma(const int8_attention::Arguments* args, void* stream) {
    using namespace int8_attention;
    return dispatch(args, stream, true, wgmma_64, wgmma_128);
}
