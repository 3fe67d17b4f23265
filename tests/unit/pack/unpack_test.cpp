// SPDX-License-Identifier: Apache-2.0
#include "pack/unpack_layer.hpp"

#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <fstream>

#include "pack/layer_writer.hpp"
#include "pack/unpacking.hpp"
#include "support/catch.hpp"

using namespace tmplbuild;
using namespace tmplbuild::unpacking;
namespace fs = std::filesystem;

TEST_CASE("a layer's files come out with owners, modes, times, links, devices and attributes") {
    if (!is_root()) return;
    Place place;
    for (const Compression compression : {Compression::none, Compression::gzip, Compression::zstd}) {
        LayerWriter writer(place.store, {compression, ""});
        REQUIRE(writer.add({.path = "d", .type = EntryType::directory, .mode = 02750, .uid = 7, .gid = 8}));
        Entry tool{.path = "d/tool", .mode = 04755, .uid = 0, .gid = 42, .mtime = 1'650'000'000};
        tool.xattrs["user.note"] = "hi";
        tool.xattrs["trusted.overlay.redirect"] = "/elsewhere";
        REQUIRE(writer.add_text(tool, std::string(3 << 20, 'x')));
        REQUIRE(writer.add({.path = "d/tool2", .type = EntryType::hardlink, .link = "d/tool"}));
        REQUIRE(writer.add({.path = "link", .type = EntryType::symlink, .uid = 3, .link = "/etc/passwd"}));
        Entry null{.path = "null", .type = EntryType::character_device, .mode = 0666};
        null.device_major = 1;
        null.device_minor = 3;
        REQUIRE(writer.add(null));
        REQUIRE(writer.add({.path = "pipe", .type = EntryType::fifo, .mode = 0600}));
        const BuiltLayer layer = writer.finish().value();

        REQUIRE(sys::remove_tree(place.out));
        fs::create_directory(place.out);
        REQUIRE(unpack_layer(place.store, layer, place.out));
        CHECK((look(place.out / "d").st_mode & 07777) == 02750);
        CHECK(look(place.out / "d").st_uid == 7);
        CHECK(look(place.out / "d").st_mtim.tv_sec == default_mtime);
        const struct stat facts = look(place.out / "d/tool");
        CHECK((facts.st_mode & 07777) == 04755);
        CHECK(facts.st_gid == 42);
        CHECK(facts.st_nlink == 2);
        CHECK(facts.st_mtim.tv_sec == 1'650'000'000);
        CHECK(facts.st_size == 3 << 20);
        CHECK(facts.st_ino == look(place.out / "d/tool2").st_ino);
        char value[16] = {};
        CHECK(::getxattr((place.out / "d/tool").c_str(), "user.note", value, sizeof value) == 2);
        CHECK(::getxattr((place.out / "d/tool").c_str(), "trusted.overlay.redirect", value, sizeof value) == -1);
        CHECK(fs::read_symlink(place.out / "link") == "/etc/passwd");
        CHECK(look(place.out / "link").st_uid == 3);
        CHECK(look(place.out / "null").st_rdev == makedev(1, 3));
        CHECK((look(place.out / "null").st_mode & 07777) == 0666);
        CHECK(S_ISFIFO(look(place.out / "pipe").st_mode));
    }
}

TEST_CASE("whiteouts hide what is below, never what the same layer has, in either order") {
    if (!is_root()) return;
    Place place;
    REQUIRE(place.unpack({{"a/.wh.x"},
                          {"a/x/new"},
                          {"b/y/new"},
                          {"b/.wh.y"},
                          {"c/.wh.file"},
                          {"c/file", Type::file, "new"},
                          {"d/file", Type::file, "new"},
                          {"d/.wh.file"},
                          {"e/new"},
                          {"e/.wh..wh..opq"},
                          {"f/.wh..wh..opq"},
                          {"f/new"},
                          {".wh.g"},
                          {".wh..wh.plnk", Type::directory}}));
    CHECK(is_opaque(place.out / "a/x"));
    CHECK(is_opaque(place.out / "b/y"));
    CHECK(fs::exists(place.out / "a/x/new"));
    CHECK(fs::exists(place.out / "b/y/new"));
    CHECK(sys::read_file(place.out / "c/file").value() == "new");
    CHECK(sys::read_file(place.out / "d/file").value() == "new");
    CHECK(is_opaque(place.out / "e"));
    CHECK(is_opaque(place.out / "f"));
    CHECK(fs::exists(place.out / "e/new"));
    CHECK(is_deleted(place.out / "g"));
    CHECK_FALSE(fs::exists(place.out / ".wh..wh.plnk"));
    for (const char* name : {".wh.", ".wh..", "a/.wh..."}) {
        INFO(name);
        CHECK(place.refused({{name}}).find("is no name") != std::string::npos);
    }
    CHECK(place.refused({{".wh..wh..opq"}}).find("whole root") != std::string::npos);
}

TEST_CASE("nothing is written outside of the directory, whatever the layer says") {
    if (!is_root()) return;
    Place place;
    const fs::path victim = place.folder.path() / "victim";
    fs::create_directory(victim);
    std::ofstream(victim / "f") << "untouched";
    const std::string to = victim.string();
    const std::vector<std::vector<Item>> hostile = {
        {{"../victim/f", Type::file, "x"}},
        {{"a/../../victim/f", Type::file, "x"}},
        {{"link", Type::symlink, to}, {"h", Type::hardlink, "link/f"}, {"h", Type::file, "x"}},
        {{"h", Type::hardlink, "../victim/f"}, {"h", Type::file, "x"}},
        {{"h", Type::hardlink, to + "/f"}},
        {{"file", Type::file, "1"}, {"file/below", Type::file, "1"}},
        {{"h", Type::hardlink, "absent"}},
        {{"d", Type::directory}, {"h", Type::hardlink, "d"}},
        {{".wh.gone"}, {"h", Type::hardlink, "gone"}},
        {{"loop", Type::symlink, "loop"}, {"loop/f", Type::file, "x"}},
        {{"zero", Type::character_device, "", 0, 0}},
    };
    for (const auto& items : hostile) {
        INFO(items.back().path);
        CHECK(place.refused(items) != "it was unpacked");
        CHECK(sys::read_file(victim / "f").value() == "untouched");
        CHECK(std::distance(fs::directory_iterator(victim), fs::directory_iterator()) == 1);
    }
    // Links lead where they lead for a process in that root: inside, whatever they name.
    const std::vector<std::vector<Item>> inside = {
        {{"link", Type::symlink, to}, {"link/f", Type::file, "x"}},
        {{"link", Type::symlink, "../victim"}, {"link/f", Type::file, "x"}},
        {{"link", Type::symlink, to}, {"link/.wh.f"}},
        {{"link", Type::symlink, to}, {"link/.wh..wh..opq"}},
        {{"link", Type::symlink, to}, {"link/new", Type::directory}},
        {{"a", Type::symlink, "."}, {"a/b", Type::symlink, to}, {"a/b/f", Type::file, "x"}},
        {{"d", Type::directory}, {"d", Type::symlink, to}, {"d/f", Type::file, "x"}},
        {{"link", Type::symlink, to}, {"link/f", Type::file, "x"}, {"h", Type::hardlink, "link/f"}},
    };
    for (const auto& items : inside) {
        INFO(items.back().path);
        CHECK(place.unpack(items));
        CHECK(sys::read_file(victim / "f").value() == "untouched");
        CHECK(std::distance(fs::directory_iterator(victim), fs::directory_iterator()) == 1);
    }
    // The last component is replaced, never followed; an absolute name is meant from the image's root.
    REQUIRE(place.unpack({{"link", Type::symlink, to + "/f"}, {"link", Type::file, "mine"}, {"/etc/x"}}));
    CHECK(sys::read_file(place.out / "link").value() == "mine");
    CHECK(fs::exists(place.out / "etc/x"));
    CHECK(sys::read_file(victim / "f").value() == "untouched");
    // A folder over a link replaces it, and a folder's mode is not set through a link that replaced it.
    REQUIRE(
        place.unpack({{"d", Type::symlink, to}, {"d", Type::directory}, {"d/f"}, {"e/x"}, {"e", Type::symlink, to}}));
    CHECK(look(place.out / "d").st_mode == (S_IFDIR | 0755));
    CHECK(fs::is_symlink(place.out / "e"));
    CHECK(sys::read_file(victim / "f").value() == "untouched");
}

TEST_CASE("what a layer puts below its own link goes where the link leads") {
    if (!is_root()) return;
    const Place place;
    REQUIRE(place.unpack({{"opt", Type::directory},
                          {"opt/real", Type::directory},
                          {"opt/link", Type::symlink, "real"},
                          {"opt/link/f", Type::file, "relative"},
                          {"lib", Type::symlink, "/usr/lib"},  // nothing lists /usr/lib
                          {"lib/g", Type::file, "absolute"},
                          {"opt/deep", Type::symlink, "link/../../lib/sub"},
                          {"opt/deep/h", Type::file, "through several"},
                          {"opt/deep/i", Type::hardlink, "opt/deep/h"},
                          {"opt/link/.wh.gone"},
                          {"opt/link/new", Type::directory}}));
    CHECK(sys::read_file(place.out / "opt/real/f").value() == "relative");
    CHECK(sys::read_file(place.out / "usr/lib/g").value() == "absolute");
    CHECK(sys::read_file(place.out / "usr/lib/sub/h").value() == "through several");
    CHECK(look(place.out / "usr/lib/sub/i").st_nlink == 2);
    CHECK(fs::is_symlink(place.out / "opt/link"));
    CHECK(fs::is_symlink(place.out / "lib"));
    CHECK(is_deleted(place.out / "opt/real/gone"));
    CHECK(look(place.out / "opt/real/new").st_mode == (S_IFDIR | 0755));
}

TEST_CASE("a layer without any bytes is empty") {
    if (!is_root()) return;
    const Place place;
    REQUIRE(unpack_layer(place.store, place.put(""), place.out));
    CHECK(fs::is_empty(place.out));
}

TEST_CASE("a folder that a layer does not list is as the layers below have it") {
    if (!is_root()) return;
    Place place;
    const fs::path one = place.folder.path() / "one", two = place.folder.path() / "two";
    fs::create_directories(one / "tmp");
    fs::create_directories(two);
    ::chmod((one / "tmp").c_str(), 01777);
    ::chown((one / "tmp").c_str(), 5, 6);
    const BuiltLayer layer = place.layer({{"tmp/x"}, {"opt/y"}});
    REQUIRE(unpack_layer(place.store, layer, place.out, {one, two}));
    CHECK((look(place.out / "tmp").st_mode & 07777) == 01777);
    CHECK(look(place.out / "tmp").st_gid == 6);
    CHECK((look(place.out / "opt").st_mode & 07777) == 0755);
    auto again = unpack_layer(place.store, layer, place.out);
    REQUIRE_FALSE(again);
    CHECK(again.error().message.find("not empty") != std::string::npos);
}

TEST_CASE("a layer that is not what its digest says is refused") {
    if (!is_root()) return;
    Place place;
    const BuiltLayer whole = place.layer({{"a", Type::file, std::string(100'000, 'x')}});
    const std::string bytes = sys::read_file(place.store.blob_path(whole.digest)).value();
    auto unpacked = [&](BuiltLayer layer, const std::string& content) {
        layer.digest = place.put(content).digest;
        REQUIRE(sys::remove_tree(place.out));
        fs::create_directory(place.out);
        return unpack_layer(place.store, layer, place.out);
    };
    CHECK(unpacked(whole, bytes));
    std::string changed = bytes;
    changed[5000] = 'y';
    CHECK_FALSE(unpacked(whole, changed));
    CHECK_FALSE(unpacked(whole, bytes.substr(0, 50'000)));
    CHECK_FALSE(unpacked(whole, bytes + std::string(512, '\0')));
    // Behind the archive's end too, where no entry lies.
    const std::string padded = bytes + std::string(1 << 20, '\0');
    const BuiltLayer long_layer = place.put(padded);
    CHECK(unpacked(long_layer, padded));
    changed = padded;
    changed.back() = 'y';
    CHECK_FALSE(unpacked(long_layer, changed));
}

TEST_CASE("names that look like whiteouts cannot get into a layer by accident") {
    Place place;
    for (const char* path : {".wh.x", "a/.wh..wh..opq", ".wh.a/b"}) {
        LayerWriter writer(place.store, {Compression::none, ""});
        auto added = writer.add_text({.path = path}, "1");
        REQUIRE_FALSE(added);
        CHECK(added.error().message.find("deletion") != std::string::npos);
    }
    CHECK(layer_path_less("a/.wh..wh..opq", "a/.wh.!"));
    CHECK(layer_path_less("a/.wh.x", "a/!"));
    CHECK(layer_path_less("a", "a/.wh.x"));
    CHECK(layer_path_less("a/.wh.x", "a/b/c"));
    CHECK(layer_path_less("a/b", "a-b"));
    CHECK_FALSE(layer_path_less("a-b", "a/b"));
    CHECK_FALSE(layer_path_less("a", "a"));
    CHECK_FALSE(layer_path_less("a/b", "a"));
}
