// SPDX-License-Identifier: Apache-2.0
#include "kernel/driver_stub.hpp"

#include <set>

namespace tmplbuild {

// Functions of the driver API start with "cu" and a capital (CUDA Driver API, "Modules"); later versions of one and its
// per-thread-stream forms are names of their own in the header's macros ("cuMemAlloc_v2", "cuLaunchKernel_ptsz"). A
// name that only a comment has does no harm.
static bool is_part(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

std::string driver_stub_assembly(std::string_view cuda_header) {
    std::set<std::string_view> names;
    for (std::size_t i = 0; i < cuda_header.size();) {
        if (!is_part(cuda_header[i])) {
            ++i;
            continue;
        }
        std::size_t end = i;
        while (end < cuda_header.size() && is_part(cuda_header[end])) ++end;
        const std::string_view word = cuda_header.substr(i, end - i);
        if (word.size() > 2 && word.starts_with("cu") && word[2] >= 'A' && word[2] <= 'Z') names.insert(word);
        i = end;
    }
    std::string out = "    .text\n";
    for (const std::string_view name : names) {
        const std::string symbol(name);
        out += "    .globl " + symbol + "\n    .type " + symbol + ", @function\n" + symbol + ":\n";
    }
    return out + "    ud2\n    .section .note.GNU-stack,\"\",@progbits\n";
}

std::vector<std::string> driver_stub_command(const std::string& assembly, const std::string& output) {
    return {"gcc", "-shared", "-nostdlib", "-Wl,-soname,libcuda.so.1", "-o", output, assembly};
}

}  // namespace tmplbuild
