// SPDX-License-Identifier: Apache-2.0
// Shared objects made in memory with the symbols, versions and needs that a test gives them.
#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "kernel/make_elf.hpp"

namespace tmplbuild::kernel::make {

struct Sym {
    std::string name;
    bool defined = false;
    std::string version{}, library{};  // `library` of an undefined one that has a version
    bool weak = false, hidden_version = false, local = false, hidden_visibility = false, local_binding = false;
};

struct Library {
    std::string soname;
    std::vector<std::string> needed;
    const char* runpath = nullptr;
    const char* rpath = nullptr;
    std::vector<Sym> symbols;
    std::vector<Section> more;  // appended, at index 6 and on
};

// A shared object: .dynstr, .dynsym, .gnu.version, .gnu.version_r, .gnu.version_d, .dynamic.
inline std::string shared_object(const Library& library) {
    Texts texts;
    std::map<std::string, std::vector<std::string>> wanted;  // library → versions
    std::vector<std::string> provided = {""};                // the base comes first
    for (const Sym& s : library.symbols) {
        if (s.version.empty()) continue;
        auto& list = s.defined ? provided : wanted[s.library];
        if (std::find(list.begin(), list.end(), s.version) == list.end()) list.push_back(s.version);
    }
    std::map<std::string, int> index;  // "library version" or "version" → number in .gnu.version
    std::string verdef;
    for (std::size_t i = 0; i < provided.size(); ++i) {
        if (i != 0) index[provided[i]] = static_cast<int>(i + 1);
        verdef += u16(1) + u16(i == 0 ? 1 : 0) + u16(i + 1) + u16(1) + u32(0) + u32(20) +
                  u32(i + 1 == provided.size() ? 0 : 28) + u32(texts.add(i == 0 ? library.soname : provided[i])) +
                  u32(0);
    }
    std::string verneed;
    int next = static_cast<int>(provided.size()) + 1;
    std::size_t file = 0;
    for (const auto& [name, versions] : wanted) {
        std::string aux;
        for (std::size_t i = 0; i < versions.size(); ++i) {
            index[name + ' ' + versions[i]] = next;
            aux += u32(0) + u16(0) + u16(static_cast<std::uint64_t>(next++)) + u32(texts.add(versions[i])) +
                   u32(i + 1 == versions.size() ? 0 : 16);
        }
        verneed += u16(1) + u16(versions.size()) + u32(texts.add(name)) + u32(16) +
                   u32(++file == wanted.size() ? 0 : 16 + aux.size()) + aux;
    }
    std::string dynsym(24, '\0'), versym = u16(0);
    for (const Sym& s : library.symbols) {
        const int number = s.local             ? 0
                           : s.version.empty() ? 1
                           : s.defined         ? index[s.version]
                                               : index[s.library + ' ' + s.version];
        const char binding = s.local_binding ? 0x02 : s.weak ? 0x22 : 0x12;
        dynsym += u32(texts.add(s.name)) + binding + static_cast<char>(s.hidden_visibility ? 2 : 0) +
                  u16(s.defined ? 9 : 0) + u64(0) + u64(0);
        versym += u16(static_cast<std::uint64_t>(number) | (s.hidden_version ? 0x8000U : 0U));
    }
    std::string dynamic;
    for (const auto& name : library.needed) dynamic += u64(1) + u64(texts.add(name));
    if (!library.soname.empty()) dynamic += u64(14) + u64(texts.add(library.soname));
    if (library.rpath != nullptr) dynamic += u64(15) + u64(texts.add(library.rpath));
    if (library.runpath != nullptr) dynamic += u64(29) + u64(texts.add(library.runpath));
    dynamic += u64(0) + u64(0);
    std::vector<Section> sections = {
        {".dynstr", 3, texts.bytes(), 0, 0},          {".dynsym", 11, dynsym, 1, 24},
        {".gnu.version", 0x6fffffff, versym, 2, 2},   {".gnu.version_r", 0x6ffffffe, verneed, 1, 0},
        {".gnu.version_d", 0x6ffffffd, verdef, 1, 0}, {".dynamic", 6, dynamic, 1, 16}};
    sections.insert(sections.end(), library.more.begin(), library.more.end());
    return elf(sections);
}

}  // namespace tmplbuild::kernel::make
