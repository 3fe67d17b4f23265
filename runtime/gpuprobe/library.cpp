// SPDX-License-Identifier: Apache-2.0
#include "gpuprobe/library.hpp"

#include <dlfcn.h>
#include <unistd.h>

#include <array>
#include <cstdlib>

namespace tmplbuild::gpu {

// The folders where container runtimes put the driver when the loader's cache does not say: Debian's and Red Hat's
// folders, NVIDIA's old one (Kubernetes), WSL's.
static constexpr std::array<const char*, 6> folders = {
    "/usr/lib/x86_64-linux-gnu", "/lib/x86_64-linux-gnu", "/usr/lib64",
    "/usr/local/nvidia/lib64",   "/usr/lib/wsl/lib",      "/usr/lib"};

DriverLibrary::DriverLibrary(const char* soname, const char* variable) : soname_(soname) {
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

std::string DriverLibrary::describe_problem() const { return describe_missing(soname_, problem_); }

std::string describe_missing(const std::string& soname, const std::string& loader_text) {
    // "FILE: cannot open shared object file: No such file or directory": FILE is the library that was asked for; where
    // that one exists and lacks another library, FILE is the other one.
    const bool is_it = loader_text.substr(0, loader_text.find(':')).ends_with(soname);
    if (is_it && loader_text.ends_with("cannot open shared object file: No such file or directory"))
        return "no NVIDIA driver here: " + soname + " is not in this container";
    return soname + " cannot be loaded: " +
           (loader_text.starts_with(soname + ": ") ? loader_text.substr(soname.size() + 2) : loader_text);
}

void* DriverLibrary::symbol(const char* name) const { return handle_ == nullptr ? nullptr : ::dlsym(handle_, name); }

}  // namespace tmplbuild::gpu
