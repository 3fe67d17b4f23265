// SPDX-License-Identifier: Apache-2.0
// Reads one uncompressed entry of a container: a cubin (an ELF file of NVIDIA's) or PTX (text). Private to the room:
// fatbin.cpp calls it. The meaning of the header's fields was measured, see docs/kernel-formats.md. Never guesses where
// fields contradict each other: it returns the reason, and the entry counts as unknown.
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

// The symbols of its kernels are put into `names`.
Result<Cubin> read_cubin(Bytes file, const EntryClaim& claim, std::vector<std::string>& names);
Result<Ptx> read_ptx(std::string_view text, const EntryClaim& claim);

}  // namespace tmplbuild::kernel
