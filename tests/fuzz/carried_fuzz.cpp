// SPDX-License-Identifier: Apache-2.0
// Any bytes as a picture, a video or a model file: the workflow in it, and what kind of model it is.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "catalogue/carried.hpp"
#include "catalogue/safetensors.hpp"

using namespace tmplbuild;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes{reinterpret_cast<const char*>(data), size};
    const catalogue::Carried carried = catalogue::carried_in(bytes);
    if (!carried.empty() && !carried.best().starts_with('{')) std::abort();
    const auto header = catalogue::read_safetensors_header(bytes);
    if (header && catalogue::kind_of_tensors(header->tensors) != catalogue::kind_of_file(bytes)) std::abort();
    if (!header && header.error().message.empty()) std::abort();
    return 0;
}
