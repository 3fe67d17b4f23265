// SPDX-License-Identifier: Apache-2.0
#include "kernel/cubin.hpp"

#include "kernel/byte_view.hpp"

namespace tmplbuild::kernel {

namespace {

constexpr std::uint16_t type_relocatable = 1;

// .nv.compat is a run of attributes: format, number, then one byte, two bytes, or a length and that many bytes.
// Attribute 9 is the one that cuobjdump calls EICOMPAT_ATTR_CUDA_ACCELERATOR_TARGET. The value of it; none when the
// section does not hold it; an error when the section cannot be read.
Result<std::optional<bool>> accelerator_target(const std::vector<ElfSection>& sections) {
    constexpr std::uint8_t format_byte = 2, format_two_bytes = 3, format_sized = 4, accelerator = 9;
    const ElfSection* section = find_section(sections, ".nv.compat");
    std::optional<bool> value;
    if (section == nullptr) return value;
    const Bytes bytes = section->bytes;
    if (bytes.empty()) return build_error("its section .nv.compat is cut off");
    for (std::uint64_t at = 0; at < bytes.size();) {
        if (!fits(bytes, at, 4)) return build_error("its section .nv.compat is cut off");
        const auto format = load<std::uint8_t>(bytes, at);
        const auto attribute = load<std::uint8_t>(bytes, at + 1);
        if (format != format_byte && format != format_two_bytes && format != format_sized)
            return build_error("its section .nv.compat has an attribute format that is not known here");
        if (attribute == accelerator) {
            if (format != format_byte) return build_error("its section .nv.compat has a target that cannot be read");
            value = load<std::uint8_t>(bytes, at + 2) != 0;
        }
        at += 4 + (format == format_sized ? load<std::uint16_t>(bytes, at + 2) : 0U);
    }
    return value;
}

struct CubinTarget {
    std::uint32_t sm = 0;
    bool specific = false;
};

// e_flags by EI_ABIVERSION. 7 (CUDA 11 and 12, up to Hopper): the SM in bits 0 to 7, 'a' in bit 11. 8 (Blackwell from
// CUDA 12.8 on, everything from 13.0 on): the SM in bits 8 to 15; 'a' in bit 3 up to CUDA 12.9, in .nv.compat later.
Result<CubinTarget> read_target(const ElfHeader& header, const std::vector<ElfSection>& sections) {
    if (header.abi_version == 7) return CubinTarget{header.flags & 0xffU, (header.flags & 0x800U) != 0};
    if (header.abi_version != 8)
        return build_error("its ABI version " + std::to_string(header.abi_version) + " is not known here");
    const auto noted = accelerator_target(sections);
    if (!noted) return noted.error();
    return CubinTarget{(header.flags >> 8) & 0xffU, (*noted).value_or((header.flags & 0x8U) != 0)};
}

}  // namespace

Result<Cubin> read_cubin(Bytes file, const EntryClaim& claim, std::vector<std::string>& names) {
    const auto header = read_elf_header(file);
    if (!header) return header.error();
    if (header->machine != elf_machine_cuda) return build_error("it is an ELF file of another machine");
    const auto sections = read_sections(file);
    if (!sections) return sections.error();
    const auto target = read_target(*header, *sections);
    if (!target) return target.error();
    if (target->sm != claim.sm)
        return build_error("its header says sm_" + std::to_string(target->sm) + ", its entry sm_" +
                           std::to_string(claim.sm));
    Cubin cubin;
    cubin.sm = static_cast<int>(target->sm);
    cubin.bytes = file.size();
    cubin.relocatable = header->type == type_relocatable;
    // Only the entry has a bit for the family. Both have one for 'a', and these must agree.
    cubin.suffix_known = target->specific == claim.specific && !(claim.specific && claim.family);
    if (cubin.suffix_known) cubin.suffix = claim.specific ? 'a' : claim.family ? 'f' : '\0';
    constexpr std::string_view code = ".text.";
    for (const ElfSection& section : *sections) {
        if (section.type == elf_section_nobits || !section.name.starts_with(code) || section.bytes.empty()) continue;
        ++cubin.kernels;
        names.push_back(section.name.substr(code.size()));
    }
    return cubin;
}

}  // namespace tmplbuild::kernel
