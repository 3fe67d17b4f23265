// SPDX-License-Identifier: Apache-2.0
#include "kernel/fatbin.hpp"

#include <lz4.h>
#include <zstd.h>

#include "kernel/make_device_code.hpp"
#include "support/catch.hpp"

using namespace tmplbuild::kernel;
using make::as_bytes;

namespace {

std::string lz4(const std::string& plain) {
    std::string out(static_cast<std::size_t>(LZ4_compressBound(static_cast<int>(plain.size()))), '\0');
    out.resize(static_cast<std::size_t>(
        LZ4_compress_default(plain.data(), out.data(), static_cast<int>(plain.size()), static_cast<int>(out.size()))));
    return out;
}
std::string zstd(const std::string& plain) {
    std::string out(ZSTD_compressBound(plain.size()), '\0');
    out.resize(ZSTD_compress(out.data(), out.size(), plain.data(), plain.size(), 3));
    return out;
}

DeviceCode read(const std::string& section, bool relocatable = false, const FatbinLimits& limits = {}) {
    DeviceCode code;
    // A copy of exactly this size, so that the address sanitizer sees one byte too many.
    const std::vector<char> copy(section.begin(), section.end());
    read_containers(std::as_bytes(std::span(copy)), relocatable, limits, code);
    return code;
}
DeviceCode read_one(const make::EntrySpec& spec) { return read(make::container({make::entry(spec)})); }

// The one cubin of code that holds nothing else.
Cubin only_cubin(const DeviceCode& code) {
    INFO((code.unknown.empty() ? "nothing unknown" : code.unknown.front()));
    REQUIRE(code.unknown.empty());
    REQUIRE(code.ptx.empty());
    REQUIRE(code.cubins.size() == 1);
    return code.cubins.front();
}
std::string only_problem(const DeviceCode& code) {
    CHECK(code.cubins.empty());
    CHECK(code.ptx.empty());
    REQUIRE(code.unknown.size() == 1);
    return code.unknown.front();
}
bool says(const std::string& text, const std::string& part) {
    INFO(text);
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("the arch of a cubin comes from its own header, in each layout that nvcc has used") {
    struct Row {
        make::CubinSpec cubin;
        std::uint64_t flags;
        const char* name;
    };
    for (const Row& row :
         {Row{{75, 0, 1, 7}, 0, "sm_75"}, Row{{90, 'a', 1, 7}, make::specific_flag, "sm_90a"},
          Row{{100, 0, 1, 8, false, false}, 0, "sm_100"},
          Row{{100, 'a', 1, 8, false, false}, make::specific_flag, "sm_100a"},
          Row{{100, 0, 1, 8, false, false}, make::family_flag, "sm_100f"}, Row{{89, 0, 1, 8}, 0, "sm_89"},
          Row{{90, 'a', 1, 8}, make::specific_flag, "sm_90a"}, Row{{120, 0, 1, 8}, 0x1000000, "sm_120"},
          Row{{120, 'a', 1, 8}, make::specific_flag | 0x1000000, "sm_120a"},
          Row{{121, 0, 1, 8}, make::family_flag | 0x1000000, "sm_121f"}}) {
        const Cubin cubin = only_cubin(read_one({2, row.cubin.sm, 0x11 | row.flags, make::cubin(row.cubin)}));
        CHECK(cubin.to_string() == row.name);
        CHECK(cubin.suffix_known);
        CHECK(cubin.runnable());
    }
}

TEST_CASE("a suffix is not known when the entry and the cubin disagree") {
    for (const auto& [suffix, flags] : {std::pair<char, std::uint64_t>{'a', 0},
                                        {0, make::specific_flag},
                                        {'a', make::family_flag},
                                        {'a', make::specific_flag | make::family_flag}}) {
        const Cubin cubin = only_cubin(read_one({2, 90, 0x11 | flags, make::cubin({90, suffix})}));
        CHECK_FALSE(cubin.suffix_known);
        CHECK(cubin.to_string() == "sm_90?");
    }
}

TEST_CASE("a cubin whose compatibility notes cannot be read is unknown") {
    const std::string good = make::cubin({90, 'a', 1, 8});
    const auto problem = [](const std::string& cubin) {
        return only_problem(read_one({2, 90, 0x11 | make::specific_flag, cubin}));
    };
    std::string bad = good;  // .nv.compat is the section before the last
    make::poke<std::uint64_t>(bad, bad.size() - 2 * 64 + 32, 1ULL << 40);
    CHECK(says(problem(bad), ".nv.compat is cut off"));
    bad = good;
    make::poke<std::uint64_t>(bad, bad.size() - 2 * 64 + 32, 3);
    CHECK(says(problem(bad), ".nv.compat is cut off"));
    const std::size_t notes = good.find("\x02\x09\x01");
    bad = good;
    bad[notes] = 7;
    CHECK(says(problem(bad), "attribute format that is not known"));
    bad[notes] = 3;
    CHECK(says(problem(bad), "target that cannot be read"));
}

TEST_CASE("kernels are counted; a stub of a device link and relocatable code run nothing") {
    CHECK(only_cubin(read_one({2, 89, 0x11, make::cubin({89, 0, 3})})).kernels == 3);
    const Cubin stub = only_cubin(read_one({2, 89, 0x11, make::cubin({89, 0, 0})}));
    CHECK((stub.kernels == 0 && !stub.runnable()));
    const Cubin object = only_cubin(read_one({2, 89, 0x11, make::cubin({89, 0, 1, 8, true})}));
    CHECK((object.relocatable && !object.runnable()));
    const Cubin input = only_cubin(read(make::container({make::entry({2, 89, 0x11, make::cubin({})})}), true));
    CHECK((input.relocatable && !input.runnable()));
}

TEST_CASE("compressed entries are read as the plain ones") {
    const std::string plain = make::cubin({90, 'a', 2});
    for (const bool modern : {false, true}) {
        const std::uint64_t flags = 0x11 | make::specific_flag | (modern ? make::zstd_flag : make::lz4_flag);
        const Cubin cubin = only_cubin(read_one({2, 90, flags, modern ? zstd(plain) : lz4(plain), plain.size()}));
        CHECK(cubin.to_string() == "sm_90a");
        CHECK(cubin.kernels == 2);
        CHECK(cubin.bytes == plain.size());
        CHECK(cubin.compressed);
        CHECK(cubin.zstd == modern);
    }
}

TEST_CASE("PTX says its own target and version; comments and strings do not count") {
    const DeviceCode code = read(make::container({make::entry({1, 90, 0x11, make::ptx("sm_90a", "8.4", 2)}),
                                                  make::entry({1, 120, 0x11, make::ptx("sm_120f")}),
                                                  make::entry({1, 80, 0x11, make::ptx("sm_80", "7.0", 0)})}));
    REQUIRE(code.unknown.empty());
    REQUIRE(code.ptx.size() == 3);
    CHECK(code.ptx[0].to_string() == "compute_90a");
    CHECK(code.ptx[0].isa == Version{8, 4, 0});
    CHECK(code.ptx[0].kernels == 2);
    CHECK(code.ptx[1].to_string() == "compute_120f");
    CHECK(code.ptx[2].to_string() == "compute_80");
    CHECK(code.ptx[2].kernels == 0);
}

TEST_CASE("every container, every entry and every header size is walked") {
    const auto cubin_entry = [](int sm, const std::string& extension) {
        make::EntrySpec spec{2, sm, 0x11, make::cubin({sm})};
        spec.header_extension = extension;
        return make::entry(spec);
    };
    const std::string section = make::container({cubin_entry(80, ""), cubin_entry(86, std::string(48, 'x'))}) +
                                std::string(16, '\0') + make::container({}) +
                                make::container({cubin_entry(90, std::string(8, 'y')), cubin_entry(120, "")}) +
                                std::string(3, '\0');
    const DeviceCode code = read(section);
    CHECK(code.unknown.empty());
    CHECK(code.containers == 3);
    REQUIRE(code.cubins.size() == 4);
    CHECK(code.cubins[1].sm == 86);
    CHECK(code.cubins[3].sm == 120);
}

TEST_CASE("what is not known is said and never guessed") {
    const std::string good = make::cubin({});
    CHECK(says(only_problem(read(std::string("\x50\xed\x55\xbb", 4) + std::string(12, '\1'))),
               "at byte 0: no container starts here (magic 0xbb55ed50)"));
    std::string section = make::container({make::entry({2, 89, 0x11, good})});
    make::poke<std::uint16_t>(section, 4, 2);
    CHECK(says(only_problem(read(section)), "a container of version 2"));
    make::EntrySpec spec{2, 89, 0x11, good};
    spec.version = 0x0102;
    CHECK(says(only_problem(read_one(spec)), "an entry of version 0x102"));
    CHECK(says(only_problem(read_one({8, 90, 0x11, "LTO"})), "at byte 16 (arch 90): an entry of kind 8"));
    CHECK(says(only_problem(read_one({2, 89, 0x1011, good})), "flags 0x1011"));
    CHECK(says(only_problem(read_one({2, 89, 0x11 | make::lz4_flag | make::zstd_flag, good, 10})), "in two ways"));
    CHECK(says(only_problem(read_one({2, 86, 0x11, good})), "its header says sm_89, its entry sm_86"));
    CHECK(says(only_problem(read_one({2, 89, 0x11, make::cubin({89, 0, 1, 9})})), "ABI version 9"));
    CHECK(says(only_problem(read_one({2, 89, 0x11, make::elf({})})), "another machine"));
    CHECK(says(only_problem(read_one({2, 89, 0x11, "no cubin"})), "not an ELF file"));
    CHECK(says(only_problem(read_one({1, 89, 0x11, "no ptx"})), "no .version or no .target"));
    CHECK(says(only_problem(read_one({1, 90, 0x11, make::ptx("sm_89")})), "is not what its entry says"));
    CHECK(says(only_problem(read_one({1, 90, 0x11 | make::specific_flag, make::ptx("sm_90")})), "not what its entry"));
    CHECK(
        says(only_problem(read_one({1, 89, 0x11, make::ptx("sm_89") + ".target sm_90\n"})), ".target cannot be read"));
}

TEST_CASE("an entry that is smaller than an entry's header, or larger than its container, ends the container") {
    for (const std::uint32_t header_size : {0U, 63U, 1'000'000U}) {
        std::string section = make::container({make::entry({2, 89, 0x11, make::cubin({})})});
        make::poke<std::uint32_t>(section, 16 + 4, header_size);
        make::poke<std::uint64_t>(section, 16 + 8, 0);
        CHECK(says(only_problem(read(section)), "at byte 16: an entry "));
    }
}

TEST_CASE("an entry that cannot be read hides no other") {
    const std::string good = make::entry({2, 89, 0x11, make::cubin({})});
    const DeviceCode code = read(make::container({make::entry({2, 80, 0x11, "junk"}), good}) +
                                 make::container({make::entry({64, 80, 0x11, "junk"}), good}));
    CHECK(code.unknown.size() == 2);
    CHECK(code.cubins.size() == 2);
}

TEST_CASE("damaged or lying compression is said") {
    const std::string plain = make::cubin({});
    const std::uint64_t lz4_flags = 0x11 | make::lz4_flag, zstd_flags = 0x11 | make::zstd_flag;
    CHECK(says(only_problem(read_one({2, 89, lz4_flags, lz4(plain), plain.size() + 1})), "LZ4 data is damaged"));
    CHECK(says(only_problem(read_one({2, 89, lz4_flags, lz4(plain), 400'000'000})), "size cannot be right"));
    CHECK(says(only_problem(read_one({2, 89, lz4_flags, lz4(plain), 1ULL << 40})), "too large to be unpacked"));
    CHECK(says(only_problem(read_one({2, 89, zstd_flags, zstd(plain), plain.size() - 1})), "size cannot be right"));
    const std::string damaged = zstd(plain).substr(0, 60);
    CHECK(says(only_problem(read_one({2, 89, zstd_flags, damaged, plain.size()})), "zstd data is damaged"));
    CHECK(says(only_problem(read_one({2, 89, zstd_flags, "no zstd", plain.size()})), "zstd data is damaged"));
    std::string section = make::container({make::entry({2, 89, zstd_flags, zstd(plain), plain.size()})});
    make::poke<std::uint32_t>(section, 16 + 16, 1'000'000);
    CHECK(says(only_problem(read(section)), "larger than its space"));
}

TEST_CASE("the limits hold for the file as a whole") {
    const std::string cubin = make::cubin({});
    const std::string one = make::entry({2, 89, 0x11 | make::zstd_flag, zstd(cubin), cubin.size()});
    const std::string section = make::container({one, one, one});
    FatbinLimits limits;
    limits.total_bytes = 2 * cubin.size();
    DeviceCode code = read(section, false, limits);
    CHECK(code.cubins.size() == 2);
    REQUIRE(code.unknown.size() == 1);
    CHECK(says(code.unknown[0], "too large to be unpacked"));
    limits = {};
    limits.entries = 2;
    code = read(section, false, limits);
    CHECK(code.cubins.size() == 2);
    REQUIRE(code.unknown.size() == 1);
    CHECK(says(code.unknown[0], "more than 2 entries"));
    std::string many;
    for (int i = 0; i < 10; ++i) many += make::container({});
    code = read(many, false, limits);
    CHECK(code.containers == 2);
    CHECK(code.unknown.size() == 1);
}

TEST_CASE("a module's device code is found by section, and every registered container must be") {
    const std::string part = make::container({make::entry({2, 89, 0x11, make::cubin({})})});
    auto code = read_device_code(as_bytes(make::module_with(part + part, 2)));
    REQUIRE(code);
    CHECK(code->cubins.size() == 2);
    CHECK(code->containers == 2);
    CHECK(code->unknown.empty());
    CHECK_FALSE(code->compressed());

    code = read_device_code(as_bytes(make::module_with(part, 2, part)));
    CHECK(code->cubins.size() == 2);
    CHECK(code->cubins[0].relocatable);  // __nv_relfatbin stands first in this file
    CHECK(code->cubins[1].runnable());
    CHECK(code->unknown.empty());

    code = read_device_code(as_bytes(make::module_with("", 0)));
    REQUIRE(code);
    CHECK(code->empty());

    code = read_device_code(as_bytes(make::module_with(part, 2)));
    CHECK(only_cubin(DeviceCode{code->cubins, {}, {}, 1}).sm == 89);
    CHECK(code->unknown == std::vector<std::string>{"the file registers 2 containers, but only 1 could be found"});
}

TEST_CASE("a file that is no host file is an error, one without a section table is unknown") {
    CHECK(read_device_code(as_bytes(std::string("text"))).error().message == "it is not an ELF file");
    CHECK(says(read_device_code(as_bytes(make::cubin({}))).error().message, "it is a cubin itself"));
    std::string bare = make::module_with("", 0);
    make::poke<std::uint64_t>(bare, 40, 0);
    CHECK(says(only_problem(*read_device_code(as_bytes(bare))), "no section table"));
}

TEST_CASE("no cut and no flipped byte of a container is read past its end or taken for other code") {
    const std::string plain = make::cubin({90, 'a', 2});
    const std::string section =
        make::container({make::entry({2, 90, 0x11 | make::specific_flag, plain}),
                         make::entry({2, 90, 0x11 | make::specific_flag | make::lz4_flag, lz4(plain), plain.size()}),
                         make::entry({2, 90, 0x11 | make::specific_flag | make::zstd_flag, zstd(plain), plain.size()}),
                         make::entry({1, 90, 0x11 | make::specific_flag, make::ptx("sm_90a")})});
    for (std::size_t size = 0; size < section.size(); ++size) {
        const DeviceCode code = read(section.substr(0, size));
        CHECK(code.unknown.size() == (size == 0 ? 0 : 1));
    }
    const FatbinLimits small{1 << 20, 4 << 20, 1000};
    for (std::size_t at = 0; at < section.size(); ++at)
        for (const char value : {'\0', '\x01', '\x7f', '\xff'}) {
            std::string changed = section;
            changed[at] = value;
            const DeviceCode code = read(changed, false, small);
            CHECK(code.cubins.size() + code.ptx.size() + code.unknown.size() >= 1);
        }
}
