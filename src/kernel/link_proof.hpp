// SPDX-License-Identifier: Apache-2.0
// Will the dynamic linker find every symbol of a module? Undefined names with their versions, against what the image's
// libraries export. The build and `verify` use it with ElfInfo or a layer's symbol index. Never starts a program.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "kernel/elf.hpp"

namespace tmplbuild::kernel {

// Everything that a process has loaded when it loads the module: torch's libraries, libc, the Python executable.
class ProviderIndex {
  public:
    // `name`: the file's soname or base name, for messages and for versioned look-ups.
    void add(std::string_view name, const std::vector<Symbol>& exported, const std::vector<std::string>& needed = {});
    void add(std::string_view name, const ElfInfo& library) { add(name, library.defined, library.needed); }

    bool provides(const Symbol& wanted) const;
    bool has_library(std::string_view soname) const;
    bool driver_library_needed() const { return driver_needed_; }
    // Versions in which some library exports the name ("" for none); empty when nobody does.
    std::vector<std::string> versions_of(std::string_view name) const;

  private:
    std::unordered_map<std::string, std::vector<std::string>> versions_;  // name → versions, "" for an unversioned one
    std::unordered_map<std::string, bool> libraries_;                     // name → it defines symbol versions
    bool driver_needed_ = false;
};

struct MissingSymbol {
    std::string name;
    std::string version;
    std::string library;
    std::string reason;             // what it most likely means, in words
    std::string to_string() const;  // "name@VERSION (libc.so.6)"
};

// Undefined symbols of `module` that nobody provides, weak ones and the GPU driver's own (libcuda, NVML) left out.
std::vector<MissingSymbol> resolve_symbols(const ElfInfo& module, const ProviderIndex& providers);

// Needed libraries that no provider is; the driver's (libcuda.so.1, libnvidia-ml.so.1) are allowed by name.
std::vector<std::string> missing_libraries(const ElfInfo& module, const ProviderIndex& providers);

}  // namespace tmplbuild::kernel
