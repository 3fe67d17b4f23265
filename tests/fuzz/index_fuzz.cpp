// SPDX-License-Identifier: Apache-2.0
// Any bytes as the index of a layer: opened or refused, and every look-up answers without harm and with what the index
// itself lists.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "kernel/link_proof.hpp"

using namespace tmplbuild;

static void walk(const kernel::LayerIndex& index, const std::string& folder, int& left) {
    for (const auto& [name, file] : index.children(folder)) {
        if (--left < 0) return;
        const std::string path = folder.empty() ? name : folder + "/" + name;
        (void)index.find(path);
        (void)index.is_opaque(path);
        (void)index.elf_at(path);
        if (index.has_below(path) && path.size() < 200) walk(index, path, left);
    }
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const kernel::Bytes bytes(reinterpret_cast<const std::byte*>(data), size);
    const auto index = kernel::LayerIndex::open(bytes);
    if (!index) {
        if (index.error().message.empty()) std::abort();
        return 0;
    }
    int left = 500;
    walk(*index, "", left);
    for (const std::string& path : index->text_paths()) (void)index->text(path);
    kernel::LinkScope scope;
    for (std::size_t i = 0; i < index->elfs().size(); ++i) {
        if (index->elfs()[i].name().find('/') != std::string::npos && index->elfs()[i].soname.empty()) std::abort();
        scope.add(*index, i);
    }
    kernel::ElfInfo module;
    for (const char* name : {"", "f", "_ZN3c101fERKSs", "cuInit", "PyList_New"})
        module.undefined.push_back({name, "V", "l"});
    for (const kernel::MissingSymbol& missing : kernel::resolve_symbols(module, scope))
        if (missing.reason.empty()) std::abort();
    for (const auto& symbol : index->exports("f"))
        if (symbol.elf >= index->elfs().size()) std::abort();
    return 0;
}
