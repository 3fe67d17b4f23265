// SPDX-License-Identifier: Apache-2.0
// Any bytes as a run of containers. The limits are small, so that an input costs milliseconds.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "kernel/fatbin.hpp"
#include "kernel/verdict.hpp"

using namespace tmplbuild::kernel;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const FatbinLimits limits{4 << 20, 8 << 20, 200};
    DeviceCode code;
    read_containers(std::as_bytes(std::span(data, size)), false, limits, code);
    // Bytes that yield nothing at all are zeros or containers without entries.
    if (code.empty() && code.containers == 0)
        for (std::size_t i = 0; i < size; ++i)
            if (data[i] != 0) std::abort();
    if (code.cubins.size() + code.ptx.size() + code.unknown.size() > limits.entries + 1) std::abort();
    for (const Capability& capability : {Capability{8, 9}, Capability{9, 0}, Capability{12, 1}})
        if (judge(code, capability).reason.empty()) std::abort();
    return 0;
}
