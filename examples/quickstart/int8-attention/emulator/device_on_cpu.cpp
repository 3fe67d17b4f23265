// SPDX-License-Identifier: Apache-2.0
// src/device.cpp for the emulator: one device, whose memory is the process's own. It has no capability; callers name
// the one whose kernels they want.
#include <cstdlib>
#include <cstring>

#include "../src/arguments.hpp"

IA_EXPORT int ia_device_count(int* count) {
    *count = 1;
    return 0;
}
IA_EXPORT int ia_capability(int, int* major, int* minor) {
    *major = *minor = 0;
    return 0;
}
IA_EXPORT int ia_current_device(int* device) {
    *device = 0;
    return 0;
}
IA_EXPORT int ia_allocate(void** pointer, std::size_t bytes) {
    *pointer = std::aligned_alloc(256, (bytes + 255) / 256 * 256);
    if (*pointer != nullptr) std::memset(*pointer, 0xA5, bytes);  // a GPU's memory is not cleared either
    return *pointer != nullptr ? 0 : 2;
}
IA_EXPORT int ia_release(void* pointer) {
    std::free(pointer);
    return 0;
}
IA_EXPORT int ia_copy(void* to, const void* from, std::size_t bytes, int) {
    std::memcpy(to, from, bytes);
    return 0;
}
IA_EXPORT int ia_synchronise() { return 0; }
IA_EXPORT const char* ia_error_text(int error) { return error == 0 ? "no error" : "refused"; }
