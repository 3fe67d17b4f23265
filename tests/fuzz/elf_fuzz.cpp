// SPDX-License-Identifier: Apache-2.0
// Any bytes as a whole file: sections, symbols, device code.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "kernel/elf.hpp"
#include "kernel/fatbin.hpp"

using namespace tmplbuild::kernel;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const Bytes file = std::as_bytes(std::span(data, size));
    const auto info = read_elf(file);
    if (info) {
        if (info->foreign_runpaths().size() > info->runpath.size()) std::abort();
        for (const Symbol& symbol : info->undefined)
            if (symbol.name.empty()) std::abort();
    } else if (info.error().message.empty()) {
        std::abort();
    }
    (void)read_device_code(file, {4 << 20, 8 << 20, 200});
    return 0;
}
