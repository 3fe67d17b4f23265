// SPDX-License-Identifier: Apache-2.0
#include "sys/file.hpp"

#include <cerrno>
#include <filesystem>

#include "support/catch.hpp"
#include "sys/file_digest.hpp"
#include "sys/random.hpp"

using namespace tmplbuild;
namespace fs = std::filesystem;

TEST_CASE("a link of that name is replaced, and what it leads to stays as it was") {
    const auto folder = sys::TempDirectory::make(fs::temp_directory_path(), "file-").value();
    const fs::path other = folder.path() / "other", name = folder.path() / "name";
    REQUIRE(sys::replace_file(other, "old"));
    fs::create_symlink(other, name);
    REQUIRE(sys::replace_file(name, "new", 0600));
    CHECK_FALSE(fs::is_symlink(name));
    CHECK(sys::read_file(name).value() == "new");
    CHECK(sys::read_file(other).value() == "old");
    CHECK((fs::status(name).permissions() & fs::perms::mask) == fs::perms(0600));
    CHECK(std::distance(fs::directory_iterator(folder.path()), {}) == 2);
}

TEST_CASE("of a long file, the beginning is read where that is asked for") {
    const auto folder = sys::TempDirectory::make(fs::temp_directory_path(), "file-").value();
    const fs::path file = folder.path() / "file";
    REQUIRE(sys::replace_file(file, std::string(40'000, 'a') + "end"));
    CHECK(sys::read_beginning(file, 40'001).value() == std::string(40'000, 'a') + "e");
    CHECK(sys::read_beginning(file, 50'000).value().size() == 40'003);
    CHECK(sys::read_beginning(file, 0).value().empty());
    CHECK_FALSE(sys::read_file(file, 40'002));
    CHECK(sys::read_beginning("/proc/self/stat", 100).value().size() == 100);
}

TEST_CASE("what failed is told by errno") {
    CHECK(sys::read_file("/does/not/exist").error().os_code == ENOENT);
    CHECK(sys::read_beginning("/does/not/exist", 1).error().os_code == ENOENT);
    CHECK(sys::read_file("/etc").error().os_code == EISDIR);
    CHECK(sys::replace_file("/proc/version/x", "").error().os_code == ENOTDIR);
}

TEST_CASE("a file's digest is that of its bytes, read to the end in parts") {
    const auto folder = sys::TempDirectory::make(fs::temp_directory_path(), "file-").value();
    for (const std::size_t size : {0, 1, 256 << 10, (256 << 10) + 1}) {
        const std::string text(size, 'x');
        REQUIRE(sys::replace_file(folder.path() / "file", text));
        CHECK(sys::hash_file(folder.path() / "file").value() == Sha256::of(text));
    }
}

TEST_CASE("random numbers are of the length asked for, and no two are the same") {
    CHECK(sys::random_hex(16).size() == 32);
    CHECK(sys::random_hex(32) != sys::random_hex(32));
    CHECK(sys::random_hex(24).find_first_not_of("0123456789abcdef") == std::string::npos);
}
