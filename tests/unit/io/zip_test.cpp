// SPDX-License-Identifier: Apache-2.0
#include "io/zip.hpp"

#include <cstdlib>

#include "io/process.hpp"
#include "support/catch.hpp"
#include "support/zip_file.hpp"
#include "sys/file.hpp"

using namespace tmplbuild;
namespace fs = std::filesystem;

namespace {

struct Place {
    sys::TempDirectory folder = sys::TempDirectory::make(fs::temp_directory_path(), "zip-test-").value();
    fs::path file = folder.path() / "a.zip";

    io::ZipReader open(const std::vector<test::ZipItem>& items) const {
        test::write_zip(file, items);
        return io::ZipReader::open(file).value();
    }
    std::string refusal(const std::vector<test::ZipItem>& items) const {
        auto members = open(items).members();
        return members ? "" : members.error().message;
    }
};

bool says(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("a zip's members come as its directory tells them, names as raw bytes") {
    Place place;
    const auto zip = place.open({{.name = "d/", .content = "", .mode = 040755},
                                 {.name = "caf\xe9", .content = "raw"},
                                 {.name = "tool", .content = std::string(1'000'000, 'x'), .mode = 0100755},
                                 {.name = "link", .content = "tool", .mode = 0120777},
                                 {.name = "none", .content = "", .mode = 0}});
    const auto members = zip.members().value();
    REQUIRE(members.size() == 5);
    CHECK(members[0].is_folder());
    CHECK(members[1].name == "caf\xe9");
    CHECK(members[1].crc == test::crc32_of("raw"));
    CHECK(zip.read_text(members[1], 10).value() == "raw");
    CHECK(members[2].is_executable());
    CHECK(zip.read_text(members[2], 1'000'000).value() == std::string(1'000'000, 'x'));
    CHECK_FALSE(zip.read_text(members[2], 999'999));
    CHECK(members[3].is_symlink());
    CHECK_FALSE(members[3].is_plain());
    CHECK(members[4].is_plain());
    CHECK_FALSE(members[4].is_executable());
}

TEST_CASE("a member's time does not depend on this machine's zone") {
    Place place;
    // 2021-03-14 02:30:10 does not exist in New York; day 31 of April exists nowhere.
    const std::vector<test::ZipItem> items = {
        {.name = "gap", .content = "", .time = 2 << 11 | 30 << 5 | 5, .date = 41 << 9 | 3 << 5 | 14},
        {.name = "never", .content = "", .time = 0, .date = 41 << 9 | 4 << 5 | 31}};
    for (const char* zone : {"UTC", "America/New_York", "Pacific/Chatham"}) {
        ::setenv("TZ", zone, 1);
        const auto members = place.open(items).members().value();
        CHECK(members[0].mtime == 1615689010);
        CHECK(members[1].mtime == 315532800);
    }
    ::unsetenv("TZ");
}

TEST_CASE("odd members are refused by name") {
    Place place;
    CHECK(says(place.refusal({{.name = "x", .content = "1"}, {.name = "x", .content = "2"}}), "two members named 'x'"));
    CHECK(says(place.refusal({{.name = "x", .content = "1", .flags = 1}}), "'x' is encrypted"));
    CHECK(says(place.refusal({{.name = "x", .content = "1", .method = 77}}), "number 77"));
}

TEST_CASE("damage is told and no content is taken for good") {
    Place place;
    const auto zip = place.open({{.name = "x", .content = "1", .crc_error = 1}, {.name = "y", .content = "12"}});
    const auto members = zip.members().value();
    auto wrong = zip.read_text(members[0], 10);
    REQUIRE_FALSE(wrong);
    CHECK(says(wrong.error().message, "'x' is damaged"));
    CHECK_FALSE(zip.read(1, 1, [](auto) { return Result<void>{}; }));
    CHECK_FALSE(zip.read(1, 3, [](auto) { return Result<void>{}; }));

    const std::string whole = test::zip_bytes({{.name = "x", .content = "1"}});
    for (std::size_t size = 0; size < whole.size(); ++size) {
        std::ofstream(place.file, std::ios::binary) << whole.substr(0, size);
        CHECK_FALSE(io::ZipReader::open(place.file));
    }
    // Two end records: whoever reads the other one sees other members.
    const std::string other = test::zip_bytes({{.name = "a", .content = "1"}, {.name = "b", .content = "2"}});
    std::string comment = whole.substr(0, whole.size() - 2) + test::little(other.size(), 2) + other;
    std::ofstream(place.file, std::ios::binary) << comment;
    if (auto both = io::ZipReader::open(place.file)) CHECK_FALSE(both->members());
}

TEST_CASE("deflated and zip64 archives of Python's zipfile are read") {
    Place place;
    io::SystemProcessRunner runner;
    const std::string script =
        "import sys, zipfile\n"
        "with zipfile.ZipFile(sys.argv[1], 'w', zipfile.ZIP_DEFLATED) as z:\n"
        "    with z.open('big', 'w', force_zip64=True) as f: f.write(b'ab' * 3000000)\n"
        "    for i in range(66000): z.writestr(zipfile.ZipInfo(f'n{i}', (2021, 5, 6, 7, 8, 10)), '')\n";
    const auto made = runner.run({.argv = {"python3", "-c", script, place.file}}, {}).value();
    INFO(made.tail_text());
    REQUIRE(made.exit_code == 0);
    const auto zip = io::ZipReader::open(place.file).value();
    const auto members = zip.members().value();
    REQUIRE(members.size() == 66001);
    CHECK(members[66000].mtime == 1620284890);
    const std::string big = zip.read_text(members[0], 6'000'000).value();
    CHECK(big.size() == 6'000'000);
    CHECK(big.ends_with("ab"));
}
