// SPDX-License-Identifier: Apache-2.0
// Cubins, PTX, and the containers and modules that carry them, made in memory as nvcc would, for tests of what reads
// them: every field can be set, so that a test can break one.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kernel/make_library.hpp"

namespace tmplbuild::kernel::make {

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
