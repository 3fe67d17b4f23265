// SPDX-License-Identifier: Apache-2.0
#include "engine/pod/image_user.hpp"

#include <filesystem>

#include "support/catch.hpp"
#include "sys/file.hpp"

using namespace tmplbuild;
namespace fs = std::filesystem;

namespace {

const char* const passwd =
    "root:x:0:0:root:/root:/bin/bash\n"
    "# a comment\n"
    "broken:x:many:1::/:/bin/sh\n"
    "app:x:1000:1000:,,,:/home/app:/bin/bash\n"
    "1001:x:7:7::/:/bin/sh\n"
    "lonely:x:1005:1005\n"
    "app:x:2000:2000::/:/bin/sh\n";
const char* const group =
    "root:x:0:\n"
    "staff:x:50:app,other\n"
    "app:x:1000:app\n"
    "video:x:44:other,app,\n"
    "app2:x:50:app\n"
    "99:x:5:\n";

std::string told(const Result<ProcessUser>& user) {
    if (!user) return user.error().message;
    std::string out = std::to_string(user->uid) + ":" + std::to_string(user->gid) + " [";
    for (const std::uint32_t one : user->groups) out += (out.back() == '[' ? "" : " ") + std::to_string(one);
    return out + "]";
}

}  // namespace

// What `docker run IMAGE id` says of the same two files.
TEST_CASE("an image's user is looked up as Docker does") {
    const std::pair<const char*, const char*> rows[] = {
        {"", "0:0 [0]"},
        {"root", "0:0 [0]"},
        {"0", "0:0 [0]"},
        {"app", "1000:1000 [1000 50 44]"},
        {"1000", "1000:1000 [1000 50 44]"},
        {"1001", "1001:0 [0]"},  // a number is no name
        {"lonely", "1005:1005 [1005]"},
        {"4000", "4000:0 [0]"},
        {"app:video", "1000:44 [44]"},
        {"app:99", "1000:99 [99]"},
        {"4000:4001", "4000:4001 [4001]"},
        {"app:0", "1000:0 [0]"},
        {":staff", "0:50 [50]"},
        {"nobody", "the image starts as the user 'nobody', which is not in its /etc/passwd"},
        {"broken", "the image starts as the user 'broken', which is not in its /etc/passwd"},
        {"-1", "the image starts as the user '-1', which is not in its /etc/passwd"},
        {"2147483648", "the image starts as the user '2147483648', which is not in its /etc/passwd"},
        {"app:none", "the image starts as the group 'none', which is not in its /etc/group"},
    };
    for (const auto& [user, expected] : rows) {
        INFO(user);
        CHECK(told(find_user(user, passwd, group)) == expected);
    }
    CHECK(told(find_user("", "", "")) == "0:0 [0]");
    CHECK(told(find_user("12:13", "", "")) == "12:13 [13]");
}

TEST_CASE("an image's users are its own, wherever its links lead") {
    const auto folder = sys::TempDirectory::make(fs::temp_directory_path(), "user-test-").value();
    const auto find = [&](const char* user) {
        return told(find_user_in(sys::Beneath::open(folder.path() / "root", sys::Outside::is_root).value(), user));
    };
    fs::create_directories(folder.path() / "root/etc");
    fs::create_directories(folder.path() / "root/data");
    CHECK(find("5") == "5:0 [0]");
    REQUIRE(sys::write_file_atomic(folder.path() / "root/data/passwd", passwd));
    REQUIRE(sys::write_file_atomic(folder.path() / "root/etc/group", group));
    fs::create_symlink("/data/passwd", folder.path() / "root/etc/passwd");
    CHECK(find("app") == "1000:1000 [1000 50 44]");
    fs::remove(folder.path() / "root/etc/passwd");
    fs::create_symlink(folder.path() / "root/data/passwd", folder.path() / "root/etc/passwd");
    CHECK(find("app") == "the image starts as the user 'app', which is not in its /etc/passwd");
    fs::remove(folder.path() / "root/etc/passwd");
    fs::create_directory(folder.path() / "root/etc/passwd");
    CHECK(find("app").find("/etc/passwd") != std::string::npos);
}
