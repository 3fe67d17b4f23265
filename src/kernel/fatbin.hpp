// SPDX-License-Identifier: Apache-2.0
// What device code a host ELF file carries: every cubin and every PTX of every container, compressed or not. The proof
// and `verify` use it. NVIDIA does not publish the format; docs/kernel-formats.md says what was measured and how.
// Never guesses: an unknown magic, version, kind or flag becomes an entry of `unknown`, with the reason.
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
    // Kernels that other machine code of its unit has and this lacks, by their symbols, sorted. A launch of one of them
    // fails where this code is the one that is loaded.
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

// One container: the device code of one translation unit, or of one device link. The CUDA runtime looks for a kernel in
// the container that registered it and in no other, so each is judged by itself.
struct Unit {
    std::vector<std::string> kernels;  // their symbols, sorted; of PTX alone: not listed
    bool unread = false;               // an entry of it could not be read
    bool may_be_absent = false;        // the recipe says by name that GPUs need not have its kernels: never judged
    bool operator==(const Unit&) const = default;
};

struct DeviceCode {
    std::vector<Cubin> cubins;  // in the file's order
    std::vector<Ptx> ptx;
    std::vector<std::string> unknown;  // what could not be read and why; each may hide code for any GPU
    std::size_t containers = 0;
    std::vector<Unit> units{};  // by container; may be shorter: then the last ones are not known by name

    bool empty() const { return cubins.empty() && ptx.empty() && unknown.empty(); }
    bool compressed() const;  // any entry is
    bool zstd() const;        // any entry is with zstd: then a higher driver floor may hold
    bool operator==(const DeviceCode&) const = default;
};

// Limits on what one file may cost, whatever it claims. A file over one of them gets an `unknown` entry.
struct FatbinLimits {
    std::uint64_t entry_bytes = 512ULL << 20;  // of one uncompressed entry; one is held at a time
    std::uint64_t total_bytes = 64ULL << 30;   // of all uncompressed entries together
    std::size_t entries = 100'000;             // entries and containers, each
};

// The whole file. An error only when it is no readable 64-bit ELF file of a host; a file without device code gives an
// empty DeviceCode. Reads .nv_fatbin (what the CUDA runtime loads) and __nv_relfatbin (input of a device link).
Result<DeviceCode> read_device_code(Bytes elf_file, const FatbinLimits& limits = {});

// One run of containers, as such a section holds it. Appends to `code`; never fails, see DeviceCode::unknown.
void read_containers(Bytes section, bool relocatable_section, const FatbinLimits& limits, DeviceCode& code);

}  // namespace tmplbuild::kernel
