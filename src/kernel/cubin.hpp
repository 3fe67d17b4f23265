// SPDX-License-Identifier: Apache-2.0
// What one entry of a container holds, once it is uncompressed: a cubin (an ELF file of NVIDIA's) or PTX (text).
// Private to the room: fatbin.cpp calls it. The header's fields are measured, see docs/kernel-formats.md. Never fixes
// up what does not fit together: the reason goes back, and the entry counts as unknown.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "kernel/fatbin.hpp"

namespace tmplbuild::kernel {

// What the entry's own header says about its payload.
struct EntryClaim {
    std::uint32_t sm = 0;
    bool specific = false;  // flag bit 20: sm_90a
    bool family = false;    // flag bit 21: sm_100f
};

// `names`: gets the symbols of its kernels.
Result<Cubin> read_cubin(Bytes file, const EntryClaim& claim, std::vector<std::string>& names);
Result<Ptx> read_ptx(std::string_view text, const EntryClaim& claim);

}  // namespace tmplbuild::kernel
