// SPDX-License-Identifier: Apache-2.0
#include "pack/unpack_layer.hpp"

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

namespace {

struct Place {
    io::TempDirectory folder = io::TempDirectory::make(fs::temp_directory_path(), "unpack-test-").value();
    Store store = Store::open(folder.path() / "store").value();

    fs::path make(const std::string& name) const {
        fs::create_directories(folder.path() / name);
        return folder.path() / name;
    }
    // A tar of the test's own making, by Python's tarfile, as a layer of the store.
    BuiltLayer layer(const std::string& script) const {
        io::SystemProcessRunner runner;
        const fs::path file = store.new_temp_file().value();
        const std::string whole = "import tarfile, io\nt = tarfile.open('" + file.string() +
                                  "', 'w', format=tarfile.PAX_FORMAT)\n"
                                  "def file(n, c=b''):\n i = tarfile.TarInfo(n); i.size = len(c); "
                                  "t.addfile(i, io.BytesIO(c))\n"
                                  "def link(n, to, kind):\n i = tarfile.TarInfo(n); i.type = kind; i.linkname = to; "
                                  "t.addfile(i)\n" +
                                  script + "\nt.close()\n";
        runner.run_checked({.argv = {"python3", "-c", whole}}, {}, "python3").value();
        BuiltLayer out;
        out.digest = out.diff_id = store.adopt_blob(file, {}).value();
        return out;
    }
};

bool is_root() {
    if (::geteuid() == 0) return true;
    WARN("skipped: needs root");
    return false;
}

struct stat facts_of(const fs::path& path) {
    struct stat facts {};
    REQUIRE(::lstat(path.c_str(), &facts) == 0);
    return facts;
}

}  // namespace

TEST_CASE("an overlay's changes become a layer, and that layer the same changes again") {
    if (!is_root()) return;
    const Place place;
    const fs::path upper = place.make("upper");
    fs::create_directories(upper / "etc/deep");
    fs::create_directories(upper / "new");
    std::ofstream(upper / "etc/changed") << "changed";
    std::ofstream(upper / "etc/a.txt") << "a";
    REQUIRE(::mknod((upper / "etc/removed").c_str(), S_IFCHR, makedev(0, 0)) == 0);
    REQUIRE(::mknod((upper / "etc/deep/gone").c_str(), S_IFCHR, makedev(0, 0)) == 0);
    REQUIRE(::setxattr((upper / "new").c_str(), "trusted.overlay.opaque", "y", 1, 0) == 0);
    REQUIRE(::setxattr((upper / "etc").c_str(), "trusted.overlay.origin", "secret", 6, 0) == 0);
    std::ofstream(upper / "new/inside") << "x";
    fs::create_hard_link(upper / "new/inside", upper / "new/second");
    ::chown((upper / "new/inside").c_str(), 3, 4);
    ::chmod((upper / "new/inside").c_str(), 06711);

    TreePackOptions options;
    options.overlay_upper = true;
    options.mtime_ceiling = 1'700'000'000;
    const BuiltLayer layer = pack_tree(place.store, upper, options).value();
    io::SystemProcessRunner runner;
    const std::string names =
        runner.run({.argv = {"tar", "--zstd", "-tf", place.store.blob_path(layer.digest)}}, {}).value().out;
    CHECK(names ==
          "etc/\netc/.wh.removed\netc/a.txt\netc/changed\netc/deep/\netc/deep/.wh.gone\nnew/\n"
          "new/.wh..wh..opq\nnew/inside\nnew/second\n");

    const fs::path out = place.make("out");
    REQUIRE(unpack_layer(place.store, layer, out));
    const struct stat removed = facts_of(out / "etc/removed");
    CHECK((S_ISCHR(removed.st_mode) && removed.st_rdev == makedev(0, 0)));
    char value[16];
    CHECK(::getxattr((out / "new").c_str(), "trusted.overlay.opaque", value, sizeof value) == 1);
    CHECK(::getxattr((out / "etc").c_str(), "trusted.overlay.origin", value, sizeof value) < 0);
    CHECK(facts_of(out / "new/inside").st_ino == facts_of(out / "new/second").st_ino);
    CHECK(facts_of(out / "new/inside").st_uid == 3);
    CHECK((facts_of(out / "new/inside").st_mode & 07777) == 06711);
    CHECK(facts_of(out / "new").st_mtim.tv_sec == 1'700'000'000);
    CHECK(pack_tree(place.store, out, options).value() == layer);
}

TEST_CASE("a hostile layer writes nothing outside its folder") {
    if (!is_root()) return;
    const Place place;
    const fs::path victim = place.make("victim");
    const std::string at = victim.string();
    const std::vector<std::string> scripts = {
        "file('../victim/x', b'1')",
        "file('" + at + "/x', b'1')",
        "file('a/../../victim/x', b'1')",
        "link('door', '" + at + "', tarfile.SYMTYPE); file('door/x', b'1')",
        "link('door', '../victim', tarfile.SYMTYPE); file('door/x', b'1')",
        "link('door', '" + at + "', tarfile.SYMTYPE); link('door/x', '/etc/passwd', tarfile.SYMTYPE)",
        "link('x', '" + at + "', tarfile.LNKTYPE)",
        "link('x', '../victim/y', tarfile.LNKTYPE)",
        "link('door', '" + at + "', tarfile.SYMTYPE); file('door/.wh.y')",
        "link('door', '" + at + "', tarfile.SYMTYPE); file('door/.wh..wh..opq')",
    };
    std::ofstream(victim / "y") << "untouched";
    int number = 0;
    for (const std::string& script : scripts) {
        INFO(script);
        const fs::path out = place.make("out" + std::to_string(number++));
        CHECK_FALSE(unpack_layer(place.store, place.layer(script), out));
        CHECK_FALSE(fs::exists(fs::symlink_status(victim / "x")));
        CHECK(fs::is_regular_file(victim / "y"));
        CHECK(facts_of(victim / "y").st_nlink == 1);
    }
}

TEST_CASE("a later entry takes an earlier one's place, and a link may point anywhere") {
    if (!is_root()) return;
    const Place place;
    const fs::path out = place.make("out");
    REQUIRE(unpack_layer(place.store,
                         place.layer("link('a', '/nowhere', tarfile.SYMTYPE); file('a', b'now a file'); "
                                     "link('b', '../../up', tarfile.SYMTYPE); file('./c//d', b'deep')"),
                         out));
    CHECK(fs::is_regular_file(fs::symlink_status(out / "a")));
    CHECK(fs::read_symlink(out / "b") == "../../up");
    CHECK(fs::is_regular_file(out / "c/d"));
}

TEST_CASE("damaged archives are errors that name them") {
    if (!is_root()) return;
    const Place place;
    BuiltLayer layer = place.layer("file('a', b'x' * 100000)");
    std::string bytes = io::read_file(place.store.blob_path(layer.digest)).value();
    bytes.resize(bytes.size() / 2);
    BuiltLayer damaged;
    damaged.digest = damaged.diff_id = Sha256::of(bytes);
    REQUIRE(place.store.put_blob(damaged.digest, bytes));
    const auto result = unpack_layer(place.store, damaged, place.make("out"));
    REQUIRE_FALSE(result);
    CHECK(result.error().message.find("cannot be read") != std::string::npos);
}
