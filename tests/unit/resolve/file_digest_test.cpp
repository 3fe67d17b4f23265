// SPDX-License-Identifier: Apache-2.0
#include "resolve/file_digest.hpp"

#include <chrono>
#include <fstream>
#include <thread>

#include "support/catch.hpp"
#include "sys/file.hpp"

using namespace tmplbuild;
namespace fs = std::filesystem;

namespace {

struct Folder {
    sys::TempDirectory at = sys::TempDirectory::make(fs::temp_directory_path(), "digest-test-").value();
    std::vector<FileItem> items;
    Folder() {
        write("a", "one");
        write("sub/b", "two");
        items.push_back({.source = at.path(), .exclude = {"*.bak"}});
    }
    void write(const std::string& name, const std::string& text) const {
        fs::create_directories((at.path() / name).parent_path());
        std::ofstream(at.path() / name) << text;
    }
    static void wait() { std::this_thread::sleep_for(std::chrono::milliseconds(40)); }
};

}  // namespace

TEST_CASE("a signature holds as long as nothing changes, and no longer") {
    const Folder folder;
    Folder::wait();
    const auto before = sign_files(folder.items).value();
    REQUIRE(before);
    CHECK(sign_files(folder.items).value() == before);
    folder.write("x.bak", "excluded");
    Folder::wait();
    // The folder itself changed, though nothing that is copied did: hashing tells then.
    CHECK(sign_files(folder.items).value() != before);

    const auto again = sign_files(folder.items).value();
    const Digest content = digest_files(folder.items).value();
    folder.write("sub/b", "TWO");  // as long as before
    const fs::file_time_type old = fs::last_write_time(folder.at.path() / "a");
    fs::last_write_time(folder.at.path() / "sub/b", old);  // a forged time does not hide it
    Folder::wait();
    CHECK(sign_files(folder.items).value() != again);
    CHECK(digest_files(folder.items).value() != content);
}

TEST_CASE("what changed just now has no signature") {
    const Folder folder;
    folder.write("a", "fresh");
    CHECK_FALSE(sign_files(folder.items).value());
}
