// SPDX-License-Identifier: Apache-2.0
// Containers and their entries, as nvcc of CUDA 11.7 to 13.5 writes them (docs/kernel-formats.md).
#include "kernel/fatbin.hpp"

#include <algorithm>
#include <cstdio>
#include <iterator>

#include "kernel/byte_view.hpp"
#include "kernel/cubin.hpp"
#include "kernel/unpack.hpp"

namespace tmplbuild::kernel {

namespace {

constexpr std::uint32_t container_magic = 0xba55ed50;
constexpr std::size_t container_bytes = 16, entry_bytes = 64, wrapper_bytes = 24;
constexpr std::uint16_t kind_ptx = 1, kind_elf = 2;

constexpr std::uint64_t flag_lz4 = 0x2000, flag_zstd = 0x8000, flag_specific = 0x100000, flag_family = 0x200000;
// 64-bit, debug, Linux; 0x1000000 says that the entry's header holds a copy of .nv.compat.
constexpr std::uint64_t known_flags = 0x1 | 0x2 | 0x10 | flag_lz4 | flag_zstd | flag_specific | flag_family | 0x1000000;

std::string hex(std::uint64_t number) {
    char text[24];
    std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(number));
    return text;
}

struct Entry {
    std::uint16_t kind = 0;
    std::uint16_t version = 0;
    std::uint32_t header_size = 0;
    std::uint64_t padded = 0;  // bytes from the end of its header to the next entry
    std::uint32_t stored = 0;  // compressed bytes; 0 for an entry that is not compressed
    std::uint32_t sm = 0;
    std::uint64_t flags = 0;
    std::uint64_t uncompressed = 0;
};

Entry load_entry(Bytes bytes, std::uint64_t at) {
    return {load<std::uint16_t>(bytes, at),      load<std::uint16_t>(bytes, at + 2),
            load<std::uint32_t>(bytes, at + 4),  load<std::uint64_t>(bytes, at + 8),
            load<std::uint32_t>(bytes, at + 16), load<std::uint32_t>(bytes, at + 28),
            load<std::uint64_t>(bytes, at + 40), load<std::uint64_t>(bytes, at + 56)};
}

// Reads the sections of one file into one DeviceCode, under limits for the whole file.
class ContainerReader {
  public:
    ContainerReader(const FatbinLimits& limits, DeviceCode& code) : limits_(limits), code_(code) {}

    void read_section(Bytes section, bool relocatable);
    void note(std::string problem) { code_.unknown.push_back(std::move(problem)); }

  private:
    void read_entries(Bytes container, std::uint64_t position, bool relocatable);
    void read_entry(const Entry& entry, Bytes payload, const std::string& place, bool relocatable);
    Result<Bytes> plain_payload(const Entry& entry, Bytes payload);  // valid until the next call
    // Whether the file is still within its limits of entries and containers; the first time that it is not, a note is
    // added.
    bool check_limits();

    // The unit that is being read at present.
    Unit& unit() { return code_.units.back(); }
    // Finds the kernels that some machine code of the unit has and other machine code of it lacks; called when all is
    // read.
    void compare_kernels(std::size_t first_cubin);

    const FatbinLimits& limits_;
    DeviceCode& code_;
    std::vector<std::vector<std::string>> names_;  // of the kernels of each cubin of this unit
    NameBudget budget_{std::size_t{4} << 20};      // of all names that are kept
    std::uint64_t unpacked_ = 0;
    Unpacked buffer_;
    bool stopped_ = false;
};

bool ContainerReader::check_limits() {
    const std::size_t entries = code_.cubins.size() + code_.ptx.size() + code_.unknown.size();
    if (stopped_) return false;
    if (entries < limits_.entries && code_.containers < limits_.entries) return true;
    stopped_ = true;
    note("there are more than " + std::to_string(limits_.entries) + " entries or containers: the rest was not read");
    return false;
}

void ContainerReader::read_section(Bytes section, bool relocatable) {
    for (std::uint64_t at = 0; at < section.size() && check_limits();) {
        // Containers start at multiples of eight, and zeros may fill the space between the parts of two object files.
        if (fits(section, at, 8) ? load<std::uint64_t>(section, at) == 0
                                 : std::all_of(section.begin() + static_cast<std::ptrdiff_t>(at), section.end(),
                                               [](std::byte b) { return b == std::byte{0}; })) {
            at += 8;
            continue;
        }
        const std::string place = "at byte " + std::to_string(at);
        if (!fits(section, at, container_bytes)) return note(place + ": a container is cut off");
        const auto magic = load<std::uint32_t>(section, at);
        const auto version = load<std::uint16_t>(section, at + 4);
        const auto header_size = load<std::uint16_t>(section, at + 6);
        const auto size = load<std::uint64_t>(section, at + 8);
        if (magic != container_magic) return note(place + ": no container starts here (magic " + hex(magic) + ")");
        if (version != 1 || header_size != container_bytes)
            return note(place + ": a container of version " + std::to_string(version) + ", which is not known here");
        if (!fits(section, at + container_bytes, size)) return note(place + ": a container is cut off");
        ++code_.containers;
        code_.units.resize(code_.containers);
        names_.clear();
        const std::size_t first = code_.cubins.size();
        read_entries(section.subspan(at + container_bytes, size), at + container_bytes, relocatable);
        compare_kernels(first);
        at += container_bytes + size;
    }
}

void ContainerReader::read_entries(Bytes container, std::uint64_t position, bool relocatable) {
    for (std::uint64_t at = 0; at < container.size() && check_limits();) {
        const std::string place = "at byte " + std::to_string(position + at);
        if (!fits(container, at, entry_bytes)) return note(place + ": an entry is cut off");
        const Entry entry = load_entry(container, at);
        if (entry.version != 0x0101)
            return note(place + ": an entry of version " + hex(entry.version) + ", which is not known here");
        if (entry.header_size < entry_bytes || !fits(container, at, entry.header_size) ||
            !fits(container, at + entry.header_size, entry.padded))
            return note(place + ": an entry has sizes that cannot be right");
        read_entry(entry, container.subspan(at + entry.header_size, entry.padded), place, relocatable);
        at += entry.header_size + entry.padded;
    }
}

void ContainerReader::compare_kernels(std::size_t first_cubin) {
    std::vector<std::string>& all = unit().kernels;
    for (std::vector<std::string>& names : names_) {
        std::sort(names.begin(), names.end());
        std::vector<std::string> both;
        std::set_union(all.begin(), all.end(), names.begin(), names.end(), std::back_inserter(both));
        all = std::move(both);
    }
    for (std::size_t i = 0; i < names_.size(); ++i) {
        Cubin& cubin = code_.cubins[first_cubin + i];
        // A device-link stub has no kernels, and no GPU would be given it.
        if (cubin.runnable())
            std::set_difference(all.begin(), all.end(), names_[i].begin(), names_[i].end(),
                                std::back_inserter(cubin.lacks));
    }
}

Result<Bytes> ContainerReader::plain_payload(const Entry& entry, Bytes payload) {
    const bool lz4 = (entry.flags & flag_lz4) != 0, zstd = (entry.flags & flag_zstd) != 0;
    if (!lz4 && !zstd) return payload;
    if (lz4 && zstd) return build_error("it says that it is compressed in two ways");
    if (entry.stored > payload.size()) return build_error("its compressed size is larger than its space");
    if (entry.uncompressed > limits_.entry_bytes || entry.uncompressed > limits_.total_bytes - unpacked_)
        return build_error("it is too large to be unpacked (" + std::to_string(entry.uncompressed) + " bytes)");
    unpacked_ += entry.uncompressed;
    const Bytes stored = payload.first(entry.stored);
    if (auto done =
            zstd ? unpack_zstd(stored, entry.uncompressed, buffer_) : unpack_lz4(stored, entry.uncompressed, buffer_);
        !done)
        return done.error();
    return buffer_.bytes();
}

void ContainerReader::read_entry(const Entry& entry, Bytes payload, const std::string& place, bool relocatable) {
    const std::string what = place + " (arch " + std::to_string(entry.sm) + "): ";
    const auto note = [&](std::string problem) {
        unit().unread = true;
        this->note(std::move(problem));
    };
    if (entry.kind != kind_ptx && entry.kind != kind_elf)
        return note(what + "an entry of kind " + std::to_string(entry.kind) + ", which is not known here");
    if ((entry.flags & ~known_flags) != 0)
        return note(what + "an entry with flags " + hex(entry.flags) + ", of which some are not known here");
    const EntryClaim claim{entry.sm, (entry.flags & flag_specific) != 0, (entry.flags & flag_family) != 0};
    const bool zstd = (entry.flags & flag_zstd) != 0, compressed = zstd || (entry.flags & flag_lz4) != 0;
    const auto plain = plain_payload(entry, payload);
    if (!plain) return note(what + "an entry cannot be unpacked: " + plain.error().message);
    if (entry.kind == kind_elf) {
        std::vector<std::string> names;
        auto cubin = read_cubin(*plain, claim, names);
        for (const std::string& name : names)
            if (!budget_.take(name.size())) return note(what + "the names of its kernels are too many");
        if (!cubin) return note(what + "a cubin cannot be read: " + cubin.error().message);
        cubin->relocatable = cubin->relocatable || relocatable;
        cubin->compressed = compressed;
        cubin->zstd = zstd;
        cubin->unit = code_.units.size() - 1;
        code_.cubins.push_back(*cubin);
        names_.push_back(std::move(names));
        return;
    }
    auto ptx = read_ptx({reinterpret_cast<const char*>(plain->data()), plain->size()}, claim);
    if (!ptx) return note(what + "PTX cannot be read: " + ptx.error().message);
    ptx->relocatable = relocatable;
    ptx->compressed = compressed;
    ptx->zstd = zstd;
    ptx->unit = code_.units.size() - 1;
    code_.ptx.push_back(*ptx);
}

}  // namespace

std::string Cubin::to_string() const { return Arch{sm, suffix}.to_string() + (suffix_known ? "" : "?"); }

std::string Ptx::to_string() const { return "compute_" + Arch{sm, suffix}.number(); }

bool DeviceCode::compressed() const {
    const auto is = [](const auto& entry) { return entry.compressed; };
    return std::any_of(cubins.begin(), cubins.end(), is) || std::any_of(ptx.begin(), ptx.end(), is);
}

bool DeviceCode::zstd() const {
    const auto is = [](const auto& entry) { return entry.zstd; };
    return std::any_of(cubins.begin(), cubins.end(), is) || std::any_of(ptx.begin(), ptx.end(), is);
}

void read_containers(Bytes section, bool relocatable_section, const FatbinLimits& limits, DeviceCode& code) {
    ContainerReader(limits, code).read_section(section, relocatable_section);
}

Result<DeviceCode> read_device_code(Bytes elf_file, const FatbinLimits& limits) {
    const auto header = read_elf_header(elf_file);
    if (!header) return header.error();
    if (header->machine == elf_machine_cuda) return build_error("it is a cubin itself, not a file that carries one");
    const auto sections = read_sections(elf_file);
    if (!sections) return sections.error();
    DeviceCode code;
    ContainerReader reader(limits, code);
    std::uint64_t wrappers = 0;
    for (const ElfSection& section : *sections) {
        if (section.name == ".nv_fatbin") reader.read_section(section.bytes, false);
        if (section.name == "__nv_relfatbin") reader.read_section(section.bytes, true);
        if (section.name == ".nvFatBinSegment") wrappers += section.bytes.size() / wrapper_bytes;
    }
    if (sections->empty()) reader.note("the file has no section table, so its device code cannot be found");
    // The host code registers each container through one wrapper (measured: there are always as many as containers).
    if (wrappers > code.containers)
        reader.note("the file registers " + std::to_string(wrappers) + " containers, but only " +
                    std::to_string(code.containers) + " could be found");
    return code;
}

}  // namespace tmplbuild::kernel
