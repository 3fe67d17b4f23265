// SPDX-License-Identifier: Apache-2.0
#include "kernel/elf.hpp"

#include <algorithm>

#include "kernel/byte_view.hpp"

namespace tmplbuild::kernel {

namespace {

constexpr std::size_t header_bytes = 64;
constexpr std::size_t section_header_bytes = 64;
constexpr std::uint32_t first_processor_type = 0x70000000, last_processor_type = 0x7fffffff;
constexpr std::uint16_t index_in_first_section = 0xffff;  // SHN_XINDEX

struct RawSection {
    std::uint32_t name = 0;
    std::uint64_t offset = 0;
    std::uint64_t size = 0;
    ElfSection section;
};

// One entry of the section header table (gABI, "Sections"); the caller has checked that it fits.
RawSection load_section(Bytes file, std::uint64_t at) {
    RawSection raw;
    raw.name = load<std::uint32_t>(file, at);
    raw.section.type = load<std::uint32_t>(file, at + 4);
    raw.section.flags = load<std::uint64_t>(file, at + 8);
    raw.offset = load<std::uint64_t>(file, at + 24);
    raw.size = load<std::uint64_t>(file, at + 32);
    raw.section.link = load<std::uint32_t>(file, at + 40);
    raw.section.info = load<std::uint32_t>(file, at + 44);
    raw.section.entry_size = load<std::uint64_t>(file, at + 56);
    return raw;
}

struct SectionTable {
    std::uint64_t offset = 0;
    std::uint64_t count = 0;  // 0: the file has none
    std::uint64_t names = 0;  // index of the section that holds the names
};

Result<SectionTable> find_table(Bytes file) {
    SectionTable table;
    table.offset = load<std::uint64_t>(file, 40);
    table.count = load<std::uint16_t>(file, 60);
    table.names = load<std::uint16_t>(file, 62);
    if (table.offset == 0) return SectionTable{};
    if (load<std::uint16_t>(file, 58) != section_header_bytes)
        return build_error("its section headers do not have 64 bytes each");
    if (!fits(file, table.offset, section_header_bytes))
        return build_error("its section header table lies outside the file: the file is cut off");
    // Counts above 16 bits stand in the first entry; large cubins have such counts.
    const RawSection first = load_section(file, table.offset);
    if (table.count == 0) table.count = first.size;
    if (table.names == index_in_first_section) table.names = first.section.link;
    if (table.count > (file.size() - table.offset) / section_header_bytes)
        return build_error("its section header table lies outside the file: the file is cut off");
    if (table.count != 0 && table.names >= table.count)
        return build_error("its section names are in a section that does not exist");
    return table;
}

Result<Bytes> section_bytes(Bytes file, const RawSection& raw, std::uint64_t index) {
    // A section of type 0 is inactive; a NOBITS one has a size in memory only.
    if (raw.section.type == 0 || raw.section.type == elf_section_nobits) return Bytes();
    if (fits(file, raw.offset, raw.size)) return file.subspan(raw.offset, raw.size);
    // Some processor-specific types have no bytes either (a cubin's shared memory, 0x7000000a, measured).
    if (raw.section.type < first_processor_type || raw.section.type > last_processor_type)
        return build_error("section " + std::to_string(index) + " lies outside the file: the file is cut off");
    return Bytes();
}

}  // namespace

Result<ElfHeader> read_elf_header(Bytes file) {
    constexpr std::uint32_t magic = 0x464c457f;
    if (file.size() < 4 || load<std::uint32_t>(file, 0) != magic) return build_error("it is not an ELF file");
    if (file.size() < header_bytes) return build_error("its ELF header is cut off");
    if (load<std::uint8_t>(file, 4) != 2) return build_error("it is not a 64-bit ELF file");
    if (load<std::uint8_t>(file, 5) != 1) return build_error("it is not a little-endian ELF file");
    if (load<std::uint8_t>(file, 6) != 1) return build_error("it has an ELF version that is not known here");
    ElfHeader header;
    header.abi_version = load<std::uint8_t>(file, 8);
    header.type = load<std::uint16_t>(file, 16);
    header.machine = load<std::uint16_t>(file, 18);
    header.flags = load<std::uint32_t>(file, 48);
    return header;
}

Result<std::vector<ElfSection>> read_sections(Bytes file) {
    if (auto header = read_elf_header(file); !header) return header.error();
    const auto table = find_table(file);
    if (!table) return table.error();
    std::vector<ElfSection> sections;
    if (table->count == 0) return sections;

    const auto at = [&](std::uint64_t index) { return table->offset + index * section_header_bytes; };
    const auto names = section_bytes(file, load_section(file, at(table->names)), table->names);
    if (!names) return names.error();
    NameBudget budget(names->size());
    sections.reserve(table->count);
    for (std::uint64_t i = 0; i < table->count; ++i) {
        RawSection raw = load_section(file, at(i));
        const auto bytes = section_bytes(file, raw, i);
        if (!bytes) return bytes.error();
        const auto name = raw.section.type == 0 ? std::string_view() : text_at(*names, raw.name);
        if (!name || !budget.take(name->size()))
            return build_error("the name of section " + std::to_string(i) + " cannot be read");
        raw.section.bytes = *bytes;
        raw.section.name = *name;
        sections.push_back(std::move(raw.section));
    }
    return sections;
}

const ElfSection* find_section(const std::vector<ElfSection>& sections, std::string_view name) {
    const auto found = std::find_if(sections.begin(), sections.end(), [&](const auto& s) { return s.name == name; });
    return found == sections.end() ? nullptr : &*found;
}

}  // namespace tmplbuild::kernel
