// SPDX-License-Identifier: Apache-2.0
#include "kernel/elf.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>

#include "kernel/make_library.hpp"
#include "support/catch.hpp"

using namespace tmplbuild::kernel;
using make::as_bytes;

namespace {

std::string message(const tmplbuild::Error& error) { return error.message; }

make::Library example() {
    make::Library library;
    library.soname = "libexample.so.1";
    library.needed = {"libc.so.6", "libstdc++.so.6"};
    library.runpath = "$ORIGIN/../lib:/build/lib";
    library.symbols = {{"memcpy", false, "GLIBC_2.14", "libc.so.6"},
                       {"pthread_create", false, "GLIBC_2.34", "libc.so.6"},
                       {"_ZSt4cout", false, "GLIBCXX_3.4.9", "libstdc++.so.6"},
                       {"__cxa_throw", false, "CXXABI_1.3.13", "libstdc++.so.6"},
                       {"__gmon_start__", false, "", "", true},
                       {"PyList_New", false},
                       {"mine", true},
                       {"versioned", true, "EXAMPLE_2"},
                       {"versioned", true, "EXAMPLE_1", "", false, true},
                       {"private_one", true, "", "", false, false, true},
                       {"hidden_one", true, "", "", false, false, false, true},
                       {"static_one", true, "", "", false, false, false, false, true}};
    return library;
}

}  // namespace

TEST_CASE("a library's needs, promises and versions are read") {
    const std::string file = make::shared_object(example());
    const auto info = read_elf(as_bytes(file));
    REQUIRE(info);
    CHECK(info->header.machine == elf_machine_x86_64);
    CHECK(info->header.type == 3);
    CHECK(info->soname == "libexample.so.1");
    CHECK(info->needed == std::vector<std::string>{"libc.so.6", "libstdc++.so.6"});
    CHECK(info->runpath == std::vector<std::string>{"$ORIGIN/../lib", "/build/lib"});
    CHECK_FALSE(info->is_rpath);
    CHECK(info->undefined == std::vector<Symbol>{{"memcpy", "GLIBC_2.14", "libc.so.6"},
                                                 {"pthread_create", "GLIBC_2.34", "libc.so.6"},
                                                 {"_ZSt4cout", "GLIBCXX_3.4.9", "libstdc++.so.6"},
                                                 {"__cxa_throw", "CXXABI_1.3.13", "libstdc++.so.6"},
                                                 {"__gmon_start__", "", "", true},
                                                 {"PyList_New", "", ""}});
    CHECK(info->defined == std::vector<Symbol>{{"mine", "", ""},
                                               {"versioned", "EXAMPLE_2", ""},
                                               {"versioned", "EXAMPLE_1", "", false, false}});
    CHECK(info->glibc_floor == Version{2, 34, 0});
    CHECK(info->glibcxx_floor == Version{3, 4, 9});
    CHECK(info->cxxabi_floor == Version{1, 3, 13});
}

TEST_CASE("floors count numbers, not letters, and only real versions") {
    make::Library library;
    library.symbols = {{"a", false, "GLIBC_2.4", "libc.so.6"},
                       {"b", false, "GLIBC_2.10", "libc.so.6"},
                       {"c", false, "GLIBC_PRIVATE", "libc.so.6"},
                       {"d", true, "GLIBCXX_3.4.99"}};
    auto info = read_elf(as_bytes(make::shared_object(library)));
    REQUIRE(info);
    CHECK(info->glibc_floor == Version{2, 10, 0});
    CHECK_FALSE(info->glibcxx_floor);  // it defines one, it asks for none
    library.symbols.push_back({"e", false, "GLIBC_ABI_DT_RELR", "libc.so.6"});
    CHECK(read_elf(as_bytes(make::shared_object(library)))->glibc_floor == Version{2, 36, 0});
}

TEST_CASE("run paths outside $ORIGIN are foreign") {
    make::Library library;
    library.runpath = "$ORIGIN:${ORIGIN}/x:$ORIGINAL/y:/usr/lib::lib";
    auto info = read_elf(as_bytes(make::shared_object(library)));
    REQUIRE(info);
    CHECK(info->foreign_runpaths() == std::vector<std::string>{"$ORIGINAL/y", "/usr/lib", "", "lib"});
    library.rpath = "/ignored";
    CHECK(read_elf(as_bytes(make::shared_object(library)))->foreign_runpaths().size() == 4);
    library.runpath = nullptr;
    info = read_elf(as_bytes(make::shared_object(library)));
    CHECK(info->is_rpath);
    CHECK(info->foreign_runpaths() == std::vector<std::string>{"/ignored"});
    library.rpath = "";
    info = read_elf(as_bytes(make::shared_object(library)));
    CHECK_FALSE(info->is_rpath);
    CHECK(info->runpath.empty());
}

TEST_CASE("sections are found by name and cut to the file") {
    const std::string file = make::elf({{".data", 1, "0123456789"}, {".bss", 8, std::string(1000, 'x')}});
    const auto sections = read_sections(as_bytes(file));
    REQUIRE(sections);
    REQUIRE(sections->size() == 4);
    const ElfSection* data = find_section(*sections, ".data");
    REQUIRE(data != nullptr);
    CHECK(data->bytes.size() == 10);
    CHECK(find_section(*sections, ".bss")->bytes.empty());
    CHECK(find_section(*sections, ".none") == nullptr);
}

TEST_CASE("only sections of a processor's own types may lie outside the file: they have no bytes in it") {
    for (const std::uint32_t type : {1U, 0x60000000U, 0x7000000aU, 0x80000000U}) {
        std::string file = make::elf({{".nv.shared", type, "x"}});
        make::poke<std::uint64_t>(file, file.size() - 2 * 64 + 32, 1ULL << 40);
        const auto sections = read_sections(as_bytes(file));
        CHECK(sections.has_value() == (type == 0x7000000aU));
        if (sections)
            CHECK(find_section(*sections, ".nv.shared")->bytes.empty());
        else
            CHECK(message(sections.error()) == "section 1 lies outside the file: the file is cut off");
    }
}

TEST_CASE("a table of more sections than 16 bits can count is read") {
    std::string file = make::elf({{".data", 1, "0123456789"}});
    const auto table = file.size() - 3 * 64;
    make::poke<std::uint16_t>(file, 60, 0);
    make::poke<std::uint16_t>(file, 62, 0xffff);
    make::poke<std::uint64_t>(file, table + 32, 3);
    make::poke<std::uint32_t>(file, table + 40, 2);
    const auto sections = read_sections(as_bytes(file));
    REQUIRE(sections);
    CHECK(sections->size() == 3);
    CHECK(find_section(*sections, ".data") != nullptr);
}

TEST_CASE("what is no readable ELF file is an error that says why") {
    const std::string good = make::shared_object(example());
    CHECK(message(read_elf(as_bytes(std::string())).error()) == "it is not an ELF file");
    CHECK(message(read_elf(as_bytes(std::string("#!/bin/sh\n"))).error()) == "it is not an ELF file");
    CHECK(message(read_elf(as_bytes(good.substr(0, 63))).error()) == "its ELF header is cut off");
    std::string bad = good;
    bad[4] = 1;
    CHECK(message(read_elf(as_bytes(bad)).error()) == "it is not a 64-bit ELF file");
    bad = good;
    bad[5] = 2;
    CHECK(message(read_elf(as_bytes(bad)).error()) == "it is not a little-endian ELF file");
    bad = good;
    make::poke<std::uint64_t>(bad, 40, 0);
    CHECK(message(read_elf(as_bytes(bad)).error()) == "it has no section table, so its symbols cannot be found");
    CHECK(read_sections(as_bytes(bad))->empty());
    bad = good;
    make::poke<std::uint64_t>(bad, 40, ~std::uint64_t{0} - 8);
    CHECK(message(read_elf(as_bytes(bad)).error()).find("cut off") != std::string::npos);
    bad = good;
    make::poke<std::uint16_t>(bad, 62, 200);
    CHECK(message(read_elf(as_bytes(bad)).error()).find("does not exist") != std::string::npos);
}

TEST_CASE("a file without dynamic symbols gives empty lists") {
    const auto info = read_elf(as_bytes(make::elf({{".text", 1, "code"}}, {62, 1, 0, 0})));
    REQUIRE(info);
    CHECK((info->undefined.empty() && info->defined.empty() && info->needed.empty()));
    CHECK_FALSE(info->glibc_floor);
}

TEST_CASE("no cut and no flipped byte of a library is read past its end") {
    const std::string good = make::shared_object(example());
    int errors = 0;
    for (std::size_t size = 0; size < good.size(); ++size) {
        // A copy of exactly this size, so that the address sanitizer sees one byte too many.
        const std::vector<char> cut(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size));
        errors += read_elf(std::as_bytes(std::span(cut))) ? 0 : 1;
    }
    CHECK(errors == static_cast<int>(good.size()));
    for (std::size_t at = 0; at < good.size(); ++at)
        for (const char value : {'\0', '\x7f', '\xff'}) {
            std::vector<char> changed(good.begin(), good.end());
            changed[at] = value;
            errors += read_elf(std::as_bytes(std::span(changed))) ? 0 : 1;
        }
    CHECK(errors > static_cast<int>(good.size()));
}

TEST_CASE("names that share bytes cannot make a small file large") {
    // 60,000 symbols that all name one text of 60,000 bytes would be 3.6 GB.
    std::string dynsym(24, '\0');
    for (int i = 0; i < 60'000; ++i)
        dynsym += make::u32(1) + "\x12" + std::string(1, '\0') + make::u16(0) + make::u64(0) + make::u64(0);
    const std::string texts = std::string(1, '\0') + std::string(60'000, 'n') + std::string(1, '\0');
    const auto info = read_elf(as_bytes(make::elf({{".dynstr", 3, texts}, {".dynsym", 11, dynsym, 1, 24}})));
    REQUIRE_FALSE(info);
    CHECK(message(info.error()) == "its table of symbol names cannot be read");
}

TEST_CASE("version tables that run in circles or on for ever end") {
    make::Library library = example();
    const std::string good = make::shared_object(library);
    const auto sections = read_sections(as_bytes(good));
    for (const char* name : {".gnu.version_r", ".gnu.version_d"}) {
        const Bytes bytes = find_section(*sections, name)->bytes;
        const auto start = static_cast<std::size_t>(bytes.data() - as_bytes(good).data());
        for (std::size_t at = start; at + 4 <= start + bytes.size(); at += 2) {
            std::string bad = good;
            make::poke<std::uint32_t>(bad, at, 1);
            (void)read_elf(as_bytes(bad));
            make::poke<std::uint32_t>(bad, at, 0xffffffff);
            (void)read_elf(as_bytes(bad));
        }
    }
    SUCCEED("every one of them came back");
}

TEST_CASE("the test program itself is read as the system's tools read it") {
    std::ifstream file("/proc/self/exe", std::ios::binary);
    const std::string bytes((std::istreambuf_iterator<char>(file)), {});
    const auto info = read_elf(as_bytes(bytes));
    REQUIRE(info);
    CHECK(std::count(info->needed.begin(), info->needed.end(), "libc.so.6") == 1);
    CHECK(std::any_of(info->undefined.begin(), info->undefined.end(), [](const Symbol& s) {
        return s.name == "__libc_start_main" && s.library == "libc.so.6" && s.version.starts_with("GLIBC_2.");
    }));
    CHECK(info->glibc_floor.has_value());
    CHECK(info->glibcxx_floor.has_value());
}
