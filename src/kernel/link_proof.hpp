// SPDX-License-Identifier: Apache-2.0
// Whether the dynamic linker will find every symbol of a module: its undefined names with their versions, compared with
// what the image's libraries export according to the indexes of its layers. Used by verify/. Never starts a program.
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

// Whether the container runtime brings the library from the host: no image has it, and every machine with a GPU does.
bool is_driver_library(std::string_view soname);
// Whether the name belongs to PyTorch's own C++ or C interface.
bool is_torch_symbol(std::string_view name);

// The libraries in which one module's symbols are looked up: the Python executable's, torch's, its own.
class LinkScope {
  public:
    // `elf` is an index into layer.elfs(); the layer must outlive this.
    void add(const LayerIndex& layer, std::size_t elf);

    bool provides(const Symbol& wanted) const;
    bool has_library(std::string_view soname) const;
    bool driver_library_needed() const { return driver_needed_; }
    // Versions in which some library exports the name ("" for none); empty when no library does.
    std::vector<std::string> versions_of(std::string_view name) const;
    // The libraries that export the name, by soname.
    std::vector<std::string> exporters_of(std::string_view name) const;

  private:
    std::map<const LayerIndex*, std::set<std::size_t>> members_;
    std::map<std::string, bool, std::less<>> libraries_;  // soname or file name → it defines symbol versions
    bool driver_needed_ = false;
};

// Facts for the words of a reason. Versions are those that torch says ("2.11.0+cu130"); empty: not known.
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

// The undefined symbols of `module` that no library provides, without weak ones and the GPU driver's own (libcuda,
// NVML).
std::vector<MissingSymbol> resolve_symbols(const ElfInfo& module, const LinkScope& scope, const LinkStory& story = {});

}  // namespace tmplbuild::kernel
