// SPDX-License-Identifier: Apache-2.0
#include "gpuprobe/library.hpp"

#include <dlfcn.h>
#include <unistd.h>

#include <array>
#include <cstdlib>

namespace tmplbuild::gpu {

// Where container runtimes put the driver when the loader's cache does not say: Debian's and Red Hat's folders,
// NVIDIA's old one (Kubernetes), WSL's.
static constexpr std::array<const char*, 6> folders = {
    "/usr/lib/x86_64-linux-gnu", "/lib/x86_64-linux-gnu", "/usr/lib64",
    "/usr/local/nvidia/lib64",   "/usr/lib/wsl/lib",      "/usr/lib"};

DriverLibrary::DriverLibrary(const char* soname, const char* variable) {
    const char* other = std::getenv(variable);
    const std::string first = other != nullptr && *other != '\0' ? other : soname;
    handle_ = ::dlopen(first.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (handle_ == nullptr)
        if (const char* why = ::dlerror()) problem_ = why;
    if (first != soname) return;
    for (const char* folder : folders) {
        const std::string file = std::string(folder) + "/" + soname;
        if (handle_ != nullptr || ::access(file.c_str(), R_OK) != 0) continue;
        handle_ = ::dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
        if (handle_ == nullptr)
            if (const char* why = ::dlerror()) problem_ = why;
    }
}

void* DriverLibrary::symbol(const char* name) const { return handle_ == nullptr ? nullptr : ::dlsym(handle_, name); }

}  // namespace tmplbuild::gpu
