// SPDX-License-Identifier: Apache-2.0
// A bounded reader of 64-bit little-endian ELF files: sections, dynamic symbols with their versions, what a library
// needs and promises. The proofs and the symbol index of a layer use it. Formats: the System V gABI and the GNU
// symbol versioning of the LSB (Core, "Symbol Versioning"). Never follows a path, never trusts an offset or a count.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "kernel/version.hpp"

namespace tmplbuild::kernel {

using Bytes = std::span<const std::byte>;

constexpr std::uint16_t elf_machine_x86_64 = 62;
constexpr std::uint16_t elf_machine_cuda = 190;
constexpr std::uint32_t elf_section_nobits = 8;  // SHT_NOBITS: takes no room in the file

struct ElfHeader {
    std::uint8_t abi_version = 0;  // EI_ABIVERSION
    std::uint16_t type = 0;        // 1 relocatable, 2 executable, 3 shared
    std::uint16_t machine = 0;
    std::uint32_t flags = 0;
};

struct ElfSection {
    std::string name;
    std::uint32_t type = 0;
    std::uint64_t flags = 0;
    std::uint32_t link = 0;
    std::uint32_t info = 0;
    std::uint64_t entry_size = 0;
    Bytes bytes;  // a part of the file that was read; empty for NOBITS and the like
};

// Errors say what is wrong with the bytes, not which file: the caller adds that.
Result<ElfHeader> read_elf_header(Bytes file);  // needs the first 64 bytes only
Result<std::vector<ElfSection>> read_sections(Bytes file);
const ElfSection* find_section(const std::vector<ElfSection>& sections, std::string_view name);

struct Symbol {
    std::string name;
    std::string version;     // "GLIBC_2.34"; empty: none
    std::string library;     // undefined ones: the soname that the version is wanted from ("libc.so.6"); may be empty
    bool weak = false;       // undefined and weak: may stay unresolved
    bool is_default = true;  // defined ones: false for an old version (name@VERSION), which no new link chooses
    auto operator<=>(const Symbol&) const = default;
};

struct ElfInfo {
    ElfHeader header;
    std::string soname;
    std::vector<std::string> needed;       // DT_NEEDED, in order
    std::vector<std::string> runpath;      // DT_RUNPATH split at ':', else DT_RPATH
    bool is_rpath = false;                 // the entries came from DT_RPATH
    std::vector<Symbol> undefined;         // of .dynsym, in its order
    std::vector<Symbol> defined;           // global and weak ones that others can bind to
    std::vector<std::string> versions;     // that it defines, in its order, without the file's own name
    std::optional<Version> glibc_floor;    // the highest GLIBC_x.y that it asks for
    std::optional<Version> glibcxx_floor;  // the highest GLIBCXX_x.y.z
    std::optional<Version> cxxabi_floor;   // the highest CXXABI_x.y.z

    // RUNPATH entries that do not start with $ORIGIN: they name a path of the build machine, or none at all.
    std::vector<std::string> foreign_runpaths() const;
};

// A file without dynamic symbols (static, or an object file) gives empty lists; one without a section table is an
// error, since its symbols cannot be found.
Result<ElfInfo> read_elf(Bytes file);

}  // namespace tmplbuild::kernel
