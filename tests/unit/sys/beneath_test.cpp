// SPDX-License-Identifier: Apache-2.0
// Files beneath a folder whose content is foreign: links, pipes, devices, names that climb.
#include "sys/beneath.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <filesystem>

#include "support/catch.hpp"
#include "sys/file.hpp"

namespace fs = std::filesystem;
using namespace tmplbuild;
using sys::Beneath;
using sys::Outside;

namespace {

// outside/secret beside root/, and in root/ what leads there and what does not.
struct Roots {
    sys::TempDirectory work = sys::TempDirectory::make(fs::temp_directory_path(), "beneath-").value();
    fs::path root = work.path() / "root";
    Roots() {
        sys::write_file_atomic(work.path() / "outside/secret", "secret").value();
        sys::write_file_atomic(root / "etc/hosts", "inside").value();
        sys::write_file_atomic(root / "outside/secret", "own").value();
        fs::create_symlink("etc/hosts", root / "plain");
        fs::create_symlink("/etc/hosts", root / "absolute");
        fs::create_symlink("../outside/secret", root / "climbs");
        fs::create_symlink(work.path() / "outside", root / "folder");
        fs::create_symlink("nowhere", root / "dangling");
        fs::create_symlink("loop", root / "loop");
        REQUIRE(::mkfifo((root / "pipe").c_str(), 0600) == 0);
    }
    Beneath open(Outside outside) const { return Beneath::open(root, outside).value(); }
};

std::string read(const Beneath& place, const char* path) {
    auto text = place.read_file(path, 100);
    return text ? *text : "error: " + text.error().message;
}

}  // namespace

TEST_CASE("a context's links are followed inside and refused outside") {
    const Roots roots;
    const Beneath context = roots.open(Outside::refused);
    CHECK(read(context, "etc/hosts") == "inside");
    CHECK(read(context, "plain") == "inside");
    CHECK(read(context, "etc/../etc/hosts") == "inside");
    for (const char* path : {"absolute", "climbs", "folder/secret", "../outside/secret", "/etc/hosts"}) {
        INFO(path);
        CHECK(read(context, path).find("leads out of") != std::string::npos);
        CHECK_FALSE(context.is_file(path));
        CHECK_FALSE(context.real_path(path).has_value());
    }
    CHECK(*context.read_link("climbs") == "../outside/secret");
    CHECK(S_ISLNK((*context.link_status("climbs"))->st_mode));
}

TEST_CASE("an image's root is the root of its links") {
    const Roots roots;
    const Beneath image = roots.open(Outside::is_root);
    CHECK(read(image, "absolute") == "inside");
    CHECK(read(image, "/etc/hosts") == "inside");
    CHECK(read(image, "climbs") == "own");
    CHECK(read(image, "../../etc/hosts") == "inside");
    CHECK_FALSE(image.is_file("folder/secret"));
    CHECK(**image.real_path("absolute") == "etc/hosts");
    CHECK(**image.real_path("etc/..") == "");
    CHECK_FALSE((*image.real_path("dangling")).has_value());
}

TEST_CASE("what is no regular file is refused and never waited for") {
    const Roots roots;
    const Beneath context = roots.open(Outside::refused);
    CHECK(read(context, "pipe").find("is no regular file") != std::string::npos);
    CHECK(read(context, "etc").find("error: ") == 0);
    CHECK(read(context, "loop").find("error: ") == 0);
    CHECK(read(context, std::string("etc/hosts\0x", 11).c_str()) == "inside");
    CHECK_FALSE(context.open_file(std::string_view("etc/hosts\0x", 11)).has_value());
    CHECK_FALSE((*context.status("dangling")).has_value());
    CHECK((*context.link_status("dangling")).has_value());
    if (::geteuid() == 0 && ::mknod((roots.root / "null").c_str(), S_IFCHR | 0600, ::makedev(1, 3)) == 0)
        CHECK(read(context, "null").find("is no regular file") != std::string::npos);
}

TEST_CASE("a file larger than the limit is an error, and folders are listed in order") {
    const Roots roots;
    const Beneath context = roots.open(Outside::refused);
    CHECK_FALSE(context.read_file("etc/hosts", 5).has_value());
    CHECK(context.read_file("etc/hosts", 6).has_value());
    CHECK(*context.list("etc") == std::vector<std::string>{"hosts"});
    CHECK((*context.list(".")).front() == "absolute");
    CHECK(context.is_folder("etc"));
    CHECK_FALSE(context.list("folder").has_value());
}
