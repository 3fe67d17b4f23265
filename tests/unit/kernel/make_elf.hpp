// SPDX-License-Identifier: Apache-2.0
// Small ELF files made in memory, for the tests of the kernel room: every field can be set, so that a test can break
// one. The layout is written here a second time on purpose, apart from the reader's. Shared objects are made from them
// by make_library.hpp, device code by make_device_code.hpp.
#pragma once

#include <cstdint>
#include <cstring>
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

}  // namespace tmplbuild::kernel::make
