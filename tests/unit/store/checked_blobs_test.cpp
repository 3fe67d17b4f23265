// SPDX-License-Identifier: Apache-2.0
// What was hashed once is known again by stat(2); what changed since, however, is not.
#include "store/checked_blobs.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "support/catch.hpp"

namespace fs = std::filesystem;
using namespace tmplbuild;

TEST_CASE("a blob that changes after it was hashed is hashed again, whatever its size and time say") {
    const auto folder = sys::TempDirectory::make(fs::temp_directory_path(), "checked-").value();
    const Store store = Store::open(folder.path() / "store").value();
    const Digest digest = Sha256::of("content");
    REQUIRE(store.put_blob(digest, "content"));
    const fs::path blobs = store.root() / "blobs/sha256", blob = store.blob_path(digest);
    const auto ask = [&] {
        CheckedBlobs checked(store, blobs);
        const bool sound = checked.is_sound(digest).value();
        REQUIRE(checked.save());
        return sound;
    };
    CHECK(ask());
    const fs::path index = store.root() / "index/checked-blobs";
    const auto saved = fs::last_write_time(fs::directory_iterator(index)->path());
    CHECK(ask());
    CHECK(fs::last_write_time(fs::directory_iterator(index)->path()) == saved);  // nothing was new: nothing hashed

    struct stat before {};
    REQUIRE(::stat(blob.c_str(), &before) == 0);
    REQUIRE(::chmod(blob.c_str(), 0644) == 0);
    std::fstream(blob, std::ios::in | std::ios::out) << "CONTENT";  // the same size
    const timespec times[2] = {before.st_atim, before.st_mtim};
    REQUIRE(::utimensat(AT_FDCWD, blob.c_str(), times, 0) == 0);
    CHECK_FALSE(ask());
    CHECK_FALSE(ask());
    fs::remove(blob);
    CHECK_FALSE(ask());
    REQUIRE(store.put_blob(digest, "content"));
    CHECK(ask());
}

TEST_CASE("a small blob that is damaged is written again by who has its content") {
    const auto folder = sys::TempDirectory::make(fs::temp_directory_path(), "checked-").value();
    const Store store = Store::open(folder.path()).value();
    const Digest digest = Sha256::of("content");
    REQUIRE(store.put_blob(digest, "content"));
    fs::remove(store.blob_path(digest));
    std::ofstream(store.blob_path(digest)) << "CONTENT";
    REQUIRE(store.put_blob(digest, "content"));
    CHECK(sys::read_file(store.blob_path(digest)).value() == "content");
}
