// SPDX-License-Identifier: Apache-2.0
#include "sys/file.hpp"

#include <unistd.h>

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
    REQUIRE(sys::write_file_atomic(other, "old"));
    fs::create_symlink(other, name);
    REQUIRE(sys::write_file_atomic(name, "new", 0600));
    CHECK_FALSE(fs::is_symlink(name));
    CHECK(sys::read_file(name).value() == "new");
    CHECK(sys::read_file(other).value() == "old");
    CHECK((fs::status(name).permissions() & fs::perms::mask) == fs::perms(0600));
    CHECK(std::distance(fs::directory_iterator(folder.path()), {}) == 2);
}

TEST_CASE("of a long file, the beginning is read where that is asked for") {
    const auto folder = sys::TempDirectory::make(fs::temp_directory_path(), "file-").value();
    const fs::path file = folder.path() / "file";
    REQUIRE(sys::write_file_atomic(file, std::string(40'000, 'a') + "end"));
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
    CHECK(sys::write_file_atomic("/proc/version/x", "").error().os_code == ENOTDIR);
}

TEST_CASE("a file's digest is that of its bytes, read to the end in parts") {
    const auto folder = sys::TempDirectory::make(fs::temp_directory_path(), "file-").value();
    for (const std::size_t size : {0, 1, 256 << 10, (256 << 10) + 1}) {
        const std::string text(size, 'x');
        REQUIRE(sys::write_file_atomic(folder.path() / "file", text));
        CHECK(sys::hash_file(folder.path() / "file").value() == Sha256::of(text));
    }
}

TEST_CASE("random numbers are of the length asked for, and no two are the same") {
    CHECK(sys::random_hex(16).size() == 32);
    CHECK(sys::random_hex(32) != sys::random_hex(32));
    CHECK(sys::random_hex(24).find_first_not_of("0123456789abcdef") == std::string::npos);
}

TEST_CASE("a folder of one's own is no link, nobody else's, and nobody else writes to it") {
    const auto folder = sys::TempDirectory::make(fs::temp_directory_path(), "file-").value();
    const fs::path own = folder.path() / "own", link = folder.path() / "link", other = folder.path() / "other";
    REQUIRE(sys::make_own_folder(own));
    CHECK((fs::status(own).permissions() & fs::perms::mask) == fs::perms(0700));
    CHECK(sys::make_own_folder(own));  // there already
    fs::create_symlink(own, link);
    CHECK(sys::make_own_folder(link).error().message == "'" + link.string() + "' is not a folder of this user's own");
    REQUIRE(sys::write_file_atomic(other, ""));
    CHECK_FALSE(sys::make_own_folder(other));
    fs::permissions(own, fs::perms(0777));
    CHECK_FALSE(sys::make_own_folder(own));
    if (::geteuid() != 0) return;
    fs::permissions(own, fs::perms(0770));
    REQUIRE(::chown(own.c_str(), 0, 65534) == 0);
    CHECK_FALSE(sys::make_own_folder(own));
    fs::permissions(own, fs::perms(0700));
    REQUIRE(::chown(own.c_str(), 65534, 65534) == 0);
    CHECK_FALSE(sys::make_own_folder(own));
}
