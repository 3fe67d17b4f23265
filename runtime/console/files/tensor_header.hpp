// SPDX-License-Identifier: Apache-2.0
// The header of a safetensors file (its format: 8 bytes of length, then JSON): names, types and shapes of its tensors,
// and its metadata. Read piece by piece, so that a header of 100 MB takes no memory but for what is shown. Used by
// previews.
#pragma once

#include <cstdint>
#include <string>

#include "base/json.hpp"
#include "console/worker/refusal.hpp"

namespace tmplbuild::console::files {

inline constexpr std::uint64_t longest_tensor_header = 100'000'000;  // of the format itself

// {metadata, tensors[{name,dtype,shape}], tensor_count, dtypes{F16: 12}, parameters, truncated}
Reply<json::object> read_tensor_header(int file, std::uint64_t file_size);

}  // namespace tmplbuild::console::files
