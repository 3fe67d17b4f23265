// SPDX-License-Identifier: Apache-2.0
// A lock's file is nobody else's file, whatever lies in its place, and no run's work is lost in silence.
#include "resolve/lock_file.hpp"

#include <sys/stat.h>

#include "support/catch.hpp"
#include "sys/file.hpp"

using namespace tmplbuild;
namespace fs = std::filesystem;

namespace {

struct Place {
    sys::TempDirectory made = sys::TempDirectory::make(fs::temp_directory_path(), "lock-file-test-").value();
    fs::path folder = made.path() / "template", file = folder / "template.lock", outside = made.path() / "outside";
    Place() { fs::create_directory(folder); }
};

Lock lock_of(const std::string& url) {
    Lock lock;
    LockedGit git;
    git.url = url;
    git.rev = std::string(40, 'a');
    git.tree = std::string(40, 'b');
    git.commit_time = 1;
    lock.gits.push_back(std::move(git));
    return lock;
}

}  // namespace

TEST_CASE("a lock is read back as it was written, and where there is none it is empty") {
    const Place place;
    const LockFile none = LockFile::read(place.file).value();
    CHECK(none.lock() == Lock{});
    REQUIRE(none.write(lock_of("https://example.org/a")));
    CHECK(LockFile::read(place.file).value().lock() == lock_of("https://example.org/a"));
}

TEST_CASE("a lock that is a link out of its folder is neither read nor written through") {
    const Place place;
    const std::string kept = lock_of("https://example.org/outside").to_text();
    REQUIRE(sys::write_file_atomic(place.outside, kept));
    fs::create_symlink(place.outside, place.file);
    CHECK_FALSE(LockFile::read(place.file));
    fs::remove(place.file);
    const LockFile before = LockFile::read(place.file).value();
    fs::create_symlink(place.made.path() / "dangling", place.file);
    CHECK_FALSE(before.write(lock_of("https://example.org/a")));
    CHECK_FALSE(fs::exists(place.made.path() / "dangling"));
    CHECK(sys::read_file(place.outside).value() == kept);
}

TEST_CASE("a lock that is a pipe is not waited for") {
    const Place place;
    REQUIRE(::mkfifo(place.file.c_str(), 0600) == 0);
    CHECK_FALSE(LockFile::read(place.file));
}

TEST_CASE("of two runs at once, the second says that the first has written another lock") {
    const Place place;
    const LockFile first = LockFile::read(place.file).value(), second = LockFile::read(place.file).value();
    REQUIRE(first.write(lock_of("https://example.org/a")));
    CHECK(second.write(lock_of("https://example.org/a")));  // the same is no quarrel
    const auto lost = second.write(lock_of("https://example.org/b"));
    REQUIRE_FALSE(lost);
    CHECK(lost.error().message == "another run wrote template.lock while this one was at work");
    CHECK(LockFile::read(place.file).value().lock() == lock_of("https://example.org/a"));
}
