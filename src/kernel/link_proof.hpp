// SPDX-License-Identifier: Apache-2.0
// Will the dynamic linker find every symbol of a module? Undefined names with their versions, against what the image's
// libraries export, as the indexes of its layers say. `verify` and the build use it. Never starts a program.
#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/elf.hpp"
#include "kernel/layer_index.hpp"

namespace tmplbuild::kernel {

// What the container runtime brings from the host: never in an image, always there when a GPU is.
bool is_driver_library(std::string_view soname);
// A name of PyTorch's own C++ or C interface.
bool is_torch_symbol(std::string_view name);

// The libraries that one module's symbols are looked up in: the Python executable's, torch's, its own.
class LinkScope {
  public:
    void add(const LayerIndex& layer, std::size_t elf);  // a place in layer.elfs(); the layer must outlive it

    bool provides(const Symbol& wanted) const;
    bool has_library(std::string_view soname) const;
    bool driver_library_needed() const { return driver_needed_; }
    // Versions in which some library exports the name ("" for none); empty when nobody does.
    std::vector<std::string> versions_of(std::string_view name) const;
    // The libraries that export the name, by soname.
    std::vector<std::string> exporters_of(std::string_view name) const;

  private:
    std::map<const LayerIndex*, std::set<std::size_t>> members_;
    std::map<std::string, bool, std::less<>> libraries_;  // soname or file name → it defines symbol versions
    bool driver_needed_ = false;
};

// For the words of a reason. Versions as torch says them ("2.11.0+cu130"); empty: not known.
struct LinkStory {
    std::string torch_built, torch_image;
    const LinkScope* process = nullptr;  // all that is loaded, in the module's scope or not
};

struct MissingSymbol {
    std::string name;
    std::string version;
    std::string library;
    std::string reason;             // what it most likely means, in words
    std::string to_string() const;  // "name@VERSION (libc.so.6)"
};

// Undefined symbols of `module` that nobody provides, weak ones and the GPU driver's own (libcuda, NVML) left out.
std::vector<MissingSymbol> resolve_symbols(const ElfInfo& module, const LinkScope& scope, const LinkStory& story = {});

}  // namespace tmplbuild::kernel
