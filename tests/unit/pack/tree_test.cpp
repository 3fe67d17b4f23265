// SPDX-License-Identifier: Apache-2.0
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <fstream>

#include "io/process.hpp"
#include "pack/tree_packer.hpp"
#include "support/catch.hpp"

using namespace tmplbuild;
namespace fs = std::filesystem;

TEST_CASE("a root's modes, links, devices, owners and capabilities survive the trip through a layer") {
    if (::geteuid() != 0) {
        WARN("skipped: only root may make devices and change owners");
        return;
    }
    auto folder = sys::TempDirectory::make(fs::temp_directory_path(), "tree-test-").value();
    const Store store = Store::open(folder.path() / "store").value();
    const fs::path root = folder.path() / "root", out = folder.path() / "out";
    fs::create_directories(root / "usr/bin");
    fs::create_directory(out);
    std::ofstream(root / "usr/bin/su") << "setuid";
    ::chown((root / "usr/bin/su").c_str(), 0, 42);
    ::chmod((root / "usr/bin/su").c_str(), 04755);
    fs::create_hard_link(root / "usr/bin/su", root / "usr/bin/su2");
    fs::create_symlink("usr/bin", root / "bin");
    REQUIRE(::mknod((root / "null").c_str(), S_IFCHR | 0666, makedev(1, 3)) == 0);
    std::ofstream(root / "ping") << "x";
    // VFS_CAP_REVISION_2 with CAP_NET_RAW (linux/capability.h).
    const char capability[20] = {1, 0, 0, 2, 0, 0x20};
    const bool capable =
        ::setxattr((root / "ping").c_str(), "security.capability", capability, sizeof capability, 0) == 0;
    fs::create_directory(root / "cache");
    std::ofstream(root / "cache/x") << "left out";

    TreePackOptions options;
    options.pack.compression = Compression::none;
    options.mtime_ceiling = 1'700'000'000;
    options.skip = [](const std::string& path, bool) { return path == "cache"; };
    auto first = pack_tree(store, root, options);
    REQUIRE(first);
    CHECK(pack_tree(store, root, options).value() == *first);
    io::SystemProcessRunner runner;
    const io::Command command{
        .argv = {"tar", "--xattrs", "--xattrs-include=*", "-xpf", store.blob_path(first->digest), "-C", out}};
    REQUIRE(runner.run(command, {}).value().exit_code == 0);
    struct stat facts {};
    REQUIRE(::lstat((out / "usr/bin/su").c_str(), &facts) == 0);
    CHECK((facts.st_mode & 07777) == 04755);
    CHECK(facts.st_gid == 42);
    CHECK(facts.st_nlink == 2);
    CHECK(facts.st_mtim.tv_sec == 1'700'000'000);
    CHECK(fs::read_symlink(out / "bin") == "usr/bin");
    REQUIRE(::lstat((out / "null").c_str(), &facts) == 0);
    CHECK(S_ISCHR(facts.st_mode));
    CHECK(facts.st_rdev == makedev(1, 3));
    CHECK_FALSE(fs::exists(out / "cache"));
    char value[64];
    if (capable) CHECK(::getxattr((out / "ping").c_str(), "security.capability", value, sizeof value) == 20);
}
