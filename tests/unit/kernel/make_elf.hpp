// SPDX-License-Identifier: Apache-2.0
// Small ELF files, cubins and containers made in memory, for the tests of the kernel room: every field can be set, so
// that a test can break one. The layout is written here a second time on purpose, apart from the reader's.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/elf.hpp"

namespace tmplbuild::kernel::make {

inline Bytes as_bytes(const std::string& text) { return std::as_bytes(std::span(text)); }

template <class T>
std::string le(T value) {
    std::string out(sizeof value, '\0');
    std::memcpy(out.data(), &value, sizeof value);
    return out;
}
inline std::string u16(std::uint64_t v) { return le(static_cast<std::uint16_t>(v)); }
inline std::string u32(std::uint64_t v) { return le(static_cast<std::uint32_t>(v)); }
inline std::string u64(std::uint64_t v) { return le(v); }

// Overwrites a field of bytes that are already made.
template <class T>
void poke(std::string& bytes, std::size_t at, T value) {
    std::memcpy(bytes.data() + at, &value, sizeof value);
}

class Texts {
  public:
    std::uint32_t add(const std::string& text) {
        const auto at = static_cast<std::uint32_t>(bytes_.size());
        bytes_ += text + '\0';
        return at;
    }
    const std::string& bytes() const { return bytes_; }

  private:
    std::string bytes_ = std::string(1, '\0');
};

struct Section {
    std::string name;
    std::uint32_t type = 1;
    std::string bytes;
    std::uint32_t link = 0;
    std::uint64_t entry_size = 0;
};

struct Header {
    int machine = 62, type = 3, abi = 0;
    std::uint32_t flags = 0;
};

// Section 0 is the empty one, the given ones follow from 1, the names come last.
inline std::string elf(const std::vector<Section>& given, const Header& header = {}) {
    std::vector<Section> sections = {{"", 0, "", 0, 0}};
    sections.insert(sections.end(), given.begin(), given.end());
    Texts names;
    std::vector<std::uint32_t> name_at;
    for (const Section& s : sections) name_at.push_back(s.name.empty() ? 0 : names.add(s.name));
    name_at.push_back(names.add(".shstrtab"));
    sections.push_back({".shstrtab", 3, names.bytes(), 0, 0});

    std::string body, table;
    for (std::size_t i = 0; i < sections.size(); ++i) {
        const Section& s = sections[i];
        body.resize((body.size() + 7) / 8 * 8);
        table += u32(name_at[i]) + u32(s.type) + u64(0) + u64(0) + u64(64 + body.size()) + u64(s.bytes.size()) +
                 u32(s.link) + u32(0) + u64(8) + u64(s.entry_size);
        if (s.type != 8) body += s.bytes;
    }
    body.resize((body.size() + 7) / 8 * 8);
    std::string start = std::string(
                            "\x7f"
                            "ELF\x02\x01\x01",
                            7) +
                        '\0' + static_cast<char>(header.abi) + std::string(7, '\0');
    start += u16(static_cast<std::uint64_t>(header.type)) + u16(static_cast<std::uint64_t>(header.machine)) + u32(1) +
             u64(0) + u64(0) + u64(64 + body.size()) + u32(header.flags) + u16(64) + u16(0) + u16(0) + u16(64) +
             u16(sections.size()) + u16(sections.size() - 1);
    return start + body + table;
}

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

// --- device code ------------------------------------------------------------------------------------------------

struct CubinSpec {
    int sm = 89;
    char suffix = 0;
    int kernels = 1;
    int abi = 8;
    bool relocatable = false;
    bool compat = true;            // .nv.compat as CUDA 13 writes it, with ABI 8
    std::string names = "kernel";  // of its kernels, with a number behind each
};

inline std::string cubin(const CubinSpec& spec) {
    const auto sm = static_cast<std::uint32_t>(spec.sm);
    std::vector<Section> sections;
    for (int i = 0; i < spec.kernels; ++i)
        sections.push_back({".text." + spec.names + std::to_string(i), 1, std::string(128, '\x55'), 0, 0});
    Header header{190, spec.relocatable ? 1 : 2, spec.abi, 0};
    if (spec.abi == 7) {
        header.flags = sm << 16 | 0x500U | (spec.suffix == 'a' ? 0x800U : 0U) | sm;
    } else {
        header.flags = 0x06000004U | sm << 8 | (spec.suffix == 'a' && !spec.compat ? 0x8U : 0U);
        if (spec.compat)
            sections.push_back({".nv.compat", 0x70000086,
                                std::string("\x02\x09", 2) + static_cast<char>(spec.suffix == 'a') + '\0' +
                                    std::string("\x02\x02\x01\x00\x04\x0b\x08\x00", 8) + std::string(8, '\0'),
                                0, 0});
    }
    return elf(sections, header);
}

inline std::string ptx(const std::string& target, const std::string& version = "9.0", int kernels = 1) {
    std::string text =
        "//\n// .version 1.0 in a comment\n.version " + version + "\n.target " + target + ", debug\n.address_size 64\n";
    for (int i = 0; i < kernels; ++i) text += ".visible .entry kernel" + std::to_string(i) + "()\n{\n ret;\n}\n";
    return text + ".file 1 \"a .entry in a string\"\n";
}

constexpr std::uint64_t lz4_flag = 0x2000, zstd_flag = 0x8000, specific_flag = 0x100000, family_flag = 0x200000;

struct EntrySpec {
    int kind = 2;
    int sm = 89;
    std::uint64_t flags = 0x11;
    std::string payload{};  // as stored
    std::uint64_t uncompressed = 0;
    std::string header_extension{};
    int version = 0x0101;
};

inline std::string entry(const EntrySpec& spec) {
    std::string payload = spec.payload;
    payload.resize((payload.size() + 7) / 8 * 8);
    return u16(static_cast<std::uint64_t>(spec.kind)) + u16(static_cast<std::uint64_t>(spec.version)) +
           u32(64 + spec.header_extension.size()) + u64(payload.size()) +
           u32(spec.uncompressed != 0 ? spec.payload.size() : 0) + u32(spec.header_extension.empty() ? 0 : 0x40) +
           u16(8) + u16(1) + u32(static_cast<std::uint64_t>(spec.sm)) + u32(0) + u32(0) + u64(spec.flags) + u64(0) +
           u64(spec.uncompressed) + spec.header_extension + payload;
}

inline std::string container(const std::vector<std::string>& entries) {
    std::string body;
    for (const auto& e : entries) body += e;
    return u32(0xba55ed50) + u16(1) + u16(16) + u64(body.size()) + body;
}

// A shared object that carries containers and registers as many as it has.
inline std::string module_with(const std::string& nv_fatbin, std::size_t containers,
                               const std::string& relocatable = {}) {
    Library library;
    library.soname = "module.so";
    if (!relocatable.empty()) library.more.push_back({"__nv_relfatbin", 1, relocatable, 0, 0});
    if (!nv_fatbin.empty()) library.more.push_back({".nv_fatbin", 1, nv_fatbin, 0, 0});
    if (containers != 0) library.more.push_back({".nvFatBinSegment", 1, std::string(24 * containers, '\1'), 0, 0});
    return shared_object(library);
}

// A module of several units, each with its cubins.
inline std::string module_of_units(const std::vector<std::vector<CubinSpec>>& units) {
    std::string containers;
    for (const auto& specs : units) {
        std::vector<std::string> entries;
        for (const CubinSpec& spec : specs) entries.push_back(entry({2, spec.sm, 0x11, cubin(spec)}));
        containers += container(entries);
    }
    return module_with(containers, units.size());
}

// A module whose one container holds cubins as CUDA 13 makes them, uncompressed.
inline std::string module_of(const std::vector<CubinSpec>& specs, const std::vector<std::string>& ptx_targets = {}) {
    std::vector<std::string> entries;
    for (const CubinSpec& spec : specs)
        entries.push_back(entry({2, spec.sm,
                                 0x11 | (spec.suffix == 'a'   ? specific_flag
                                         : spec.suffix == 'f' ? family_flag
                                                              : 0U),
                                 cubin(spec)}));
    for (const std::string& target : ptx_targets) {
        const std::string digits = target.substr(3, target.find_first_of("af", 3) - 3);
        entries.push_back(entry({1, std::stoi(digits), 0x11, ptx(target)}));
    }
    return module_with(container(entries), 1);
}

}  // namespace tmplbuild::kernel::make
