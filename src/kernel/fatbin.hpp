// SPDX-License-Identifier: Apache-2.0
// What device code a host ELF file carries: every cubin and every PTX of every container, compressed or not. The proof
// of a variant is made from it. NVIDIA does not publish the format; docs/kernel-formats.md says what was measured and
// how. Never guesses: an unknown magic, version, kind or flag becomes an entry of `unknown`, with the reason.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "kernel/arch.hpp"
#include "kernel/elf.hpp"

namespace tmplbuild::kernel {

// Machine code for one arch.
struct Cubin {
    int sm = 0;
    char suffix = 0;           // 0, 'a', 'f'; meaningless unless suffix_known
    bool suffix_known = true;  // false: the sources of the suffix disagree or cannot be read
    bool relocatable = false;  // needs a device link first: nothing can run it as it is
    bool compressed = false;
    bool zstd = false;          // compressed with zstd (else LZ4)
    std::uint32_t kernels = 0;  // code sections in it. 0: a device-link stub, which runs nothing
    std::uint64_t bytes = 0;    // uncompressed
    std::size_t unit = 0;       // of DeviceCode::units: its container
    // Kernels that other machine code of its unit has and this code lacks, by symbol, sorted. Where this code is
    // loaded, a launch of one of them fails.
    std::vector<std::string> lacks{};

    bool runnable() const { return kernels > 0 && !relocatable; }
    std::string to_string() const;  // "sm_90a"; "sm_90?" where the suffix is not known
    bool operator==(const Cubin&) const = default;
};

// Text that a driver compiles for a GPU at load time.
struct Ptx {
    int sm = 0;
    char suffix = 0;           // compute_90a: JIT on exactly 9.0
    Version isa;               // ".version 9.0": the driver's CUDA must know it
    bool relocatable = false;  // input of a device link, which a driver may repeat at load time with all other inputs
    bool compressed = false;
    bool zstd = false;
    std::uint32_t kernels = 0;  // .entry functions in it
    std::uint64_t bytes = 0;    // uncompressed
    std::size_t unit = 0;       // of DeviceCode::units: its container

    std::string to_string() const;  // "compute_90a"
    bool operator==(const Ptx&) const = default;
};

// One container: the device code of one translation unit, or of one device link. The CUDA runtime looks for a kernel
// only in the container that registered it, so each unit is judged by itself.
struct Unit {
    std::vector<std::string> kernels;  // their symbols, sorted; empty where the unit has PTX alone
    bool unread = false;               // an entry of it could not be read
    // The recipe names kernels that GPUs need not have, and this unit is one of theirs: never judged.
    bool may_be_absent = false;
    bool operator==(const Unit&) const = default;
};

struct DeviceCode {
    std::vector<Cubin> cubins;  // in the file's order
    std::vector<Ptx> ptx;
    std::vector<std::string> unknown;  // what could not be read and why; each entry may hide code for any GPU
    std::size_t containers = 0;
    std::vector<Unit> units{};  // by container; may be shorter than their number: the names of the rest are not known

    bool empty() const { return cubins.empty() && ptx.empty() && unknown.empty(); }
    bool compressed() const;  // whether any entry is
    bool zstd() const;        // whether any entry is compressed with zstd, which can raise the driver floor
    bool operator==(const DeviceCode&) const = default;
};

// Limits on the work for one file, whatever its headers claim. A file that exceeds one gets an entry in `unknown`.
struct FatbinLimits {
    std::uint64_t entry_bytes = 512ULL << 20;  // of one uncompressed entry; one is held at a time
    std::uint64_t total_bytes = 64ULL << 30;   // of all uncompressed entries together
    std::size_t entries = 100'000;             // entries and containers, each
};

// Reads the whole file. An error only where it is not a readable 64-bit ELF file of a host; a file without device code
// gives an empty DeviceCode. Reads .nv_fatbin (what the CUDA runtime loads) and __nv_relfatbin (input of a device
// link).
Result<DeviceCode> read_device_code(Bytes elf_file, const FatbinLimits& limits = {});

// Reads one run of containers, as such a section holds it. Appends to `code`; never fails, see DeviceCode::unknown.
void read_containers(Bytes section, bool relocatable_section, const FatbinLimits& limits, DeviceCode& code);

}  // namespace tmplbuild::kernel
