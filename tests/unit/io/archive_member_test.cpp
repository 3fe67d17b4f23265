// SPDX-License-Identifier: Apache-2.0
#include "io/archive_member.hpp"

#include "io/process.hpp"
#include "support/catch.hpp"
#include "sys/file.hpp"

using namespace tmplbuild;
using namespace tmplbuild::io;
namespace fs = std::filesystem;

namespace {

struct Archives {
    sys::TempDirectory folder = sys::TempDirectory::make(fs::temp_directory_path(), "archive-test-").value();
    Archives() {
        SystemProcessRunner runner;
        REQUIRE(sys::write_file_atomic(folder.path() / "p-1/pyproject.toml", "[build-system]\n"));
        REQUIRE(sys::write_file_atomic(folder.path() / "p-1/sub/pyproject.toml", "another\n"));
        const char* script =
            "import shutil; [shutil.make_archive('p', kind, '.', 'p-1') for kind in ('gztar', 'zip', 'bztar')]";
        REQUIRE(runner.run_checked({.argv = {"python3", "-c", script}, .directory = folder.path()}, {}, "packing"));
    }
};

bool is_top(std::string_view path) { return path == "p-1/pyproject.toml"; }

}  // namespace

TEST_CASE("a member of a tar or zip is read") {
    const Archives archives;
    for (const char* name : {"p.tar.gz", "p.zip", "p.tar.bz2"}) {
        INFO(name);
        auto member = read_archive_member(archives.folder.path() / name, is_top);
        REQUIRE(member);
        CHECK(*member == "[build-system]\n");
        CHECK_FALSE(read_archive_member(archives.folder.path() / name, [](auto) { return false; }).value());
        auto all = read_archive_members(archives.folder.path() / name,
                                        [](std::string_view path) { return path.ends_with("pyproject.toml"); });
        CHECK(all.value().size() == 2);
        CHECK(all.value().at("p-1/sub/pyproject.toml") == "another\n");
    }
}

TEST_CASE("an archive that cannot be read, and a member that is too large, are errors") {
    const Archives archives;
    const fs::path whole = archives.folder.path() / "p.tar.gz";
    CHECK_FALSE(read_archive_member(whole, is_top, 10));
    CHECK_FALSE(read_archive_member(archives.folder.path() / "none", is_top));
    const std::string bytes = sys::read_file(whole).value();
    REQUIRE(sys::write_file_atomic(archives.folder.path() / "cut", bytes.substr(0, bytes.size() / 2)));
    CHECK_FALSE(read_archive_members(archives.folder.path() / "cut", is_top));
    REQUIRE(sys::write_file_atomic(archives.folder.path() / "text", "no archive\n"));
    CHECK_FALSE(read_archive_member(archives.folder.path() / "text", is_top));
}
