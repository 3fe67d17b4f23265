// SPDX-License-Identifier: Apache-2.0
#include "pack/unpack_layer.hpp"

#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <fstream>
#include <map>

#include "io/decompress.hpp"
#include "io/process.hpp"
#include "io/tar_writer.hpp"
#include "pack/tree_packer.hpp"
#include "support/catch.hpp"
#include "sys/fd.hpp"

using namespace tmplbuild;
namespace fs = std::filesystem;

namespace {

using Type = io::TarHeader::Type;

// What a hostile tool may write: LayerWriter would refuse most of it.
struct Item {
    std::string path;
    Type type = Type::file;
    std::string content_or_link{};
    std::uint32_t major = 0, minor = 0;
};

struct Place {
    sys::TempDirectory folder = sys::TempDirectory::make(fs::temp_directory_path(), "unpack-test-").value();
    Store store = Store::open(folder.path() / "store").value();
    fs::path out = folder.path() / "out";
    Place() { fs::create_directory(out); }

    BuiltLayer layer(const std::vector<Item>& items) const {
        std::string tar;
        io::TarWriter writer([&](std::span<const std::byte> data) -> Result<void> {
            tar.append(reinterpret_cast<const char*>(data.data()), data.size());
            return {};
        });
        for (const Item& item : items) {
            io::TarHeader header{.path = item.path, .type = item.type};
            header.mode = item.type == Type::directory ? 0755 : 0644;
            header.mtime = 1'600'000'000;
            header.device_major = item.major;
            header.device_minor = item.minor;
            if (item.type == Type::file) header.size = item.content_or_link.size();
            if (item.type == Type::symlink || item.type == Type::hardlink) header.link = item.content_or_link;
            REQUIRE(writer.header(header));
            if (item.type == Type::file) REQUIRE(writer.data(sys::as_bytes(item.content_or_link)));
        }
        REQUIRE(writer.finish());
        return put(tar);
    }
    BuiltLayer put(const std::string& tar) const {
        const Digest digest = Sha256::of(tar);
        REQUIRE(store.put_blob(digest, tar));
        return {digest, digest, tar.size(), tar.size(), Compression::none, ""};
    }
    Result<Unpacked> unpack(const std::vector<Item>& items) const {
        REQUIRE(sys::remove_tree(out));
        fs::create_directory(out);
        return unpack_layer(store, layer(items), out);
    }
    std::string refused(const std::vector<Item>& items) const {
        auto done = unpack(items);
        return done ? "it was unpacked" : done.error().message;
    }
};

struct stat look(const fs::path& path) {
    struct stat facts {};
    INFO(path);
    REQUIRE(::lstat(path.c_str(), &facts) == 0);
    return facts;
}

bool is_opaque(const fs::path& path) {
    char value[8] = {};
    return ::lgetxattr(path.c_str(), "trusted.overlay.opaque", value, sizeof value) == 1 && value[0] == 'y';
}
bool is_deleted(const fs::path& path) {
    struct stat facts {};
    return ::lstat(path.c_str(), &facts) == 0 && S_ISCHR(facts.st_mode) && facts.st_rdev == 0;
}

// Everything that matters of a tree, a line each.
std::map<std::string, std::string> facts_of(const fs::path& root) {
    std::map<std::string, std::string> out;
    for (const auto& entry : fs::recursive_directory_iterator(root)) {
        const struct stat facts = look(entry.path());
        std::string line = std::to_string(facts.st_mode) + " " + std::to_string(facts.st_uid) + ":" +
                           std::to_string(facts.st_gid) + " dev " + std::to_string(facts.st_rdev);
        // A folder's links are its subfolders, and a merged one's are not counted alike.
        if (!S_ISDIR(facts.st_mode)) line += " links " + std::to_string(facts.st_nlink);
        if (S_ISLNK(facts.st_mode)) line += " " + fs::read_symlink(entry.path()).string();
        if (S_ISREG(facts.st_mode)) line += " " + sys::read_file(entry.path()).value();
        char capability[64];
        const ssize_t size = ::lgetxattr(entry.path().c_str(), "security.capability", capability, sizeof capability);
        if (size > 0) line += " cap " + std::to_string(size);
        out[entry.path().lexically_relative(root)] = line;
    }
    return out;
}

class Overlay {
  public:
    Overlay(const fs::path& at, const std::string& options) : at_(at) {
        fs::create_directories(at);
        mounted_ = ::mount("overlay", at.c_str(), "overlay", 0, options.c_str()) == 0;
    }
    ~Overlay() { end(); }
    Overlay(const Overlay&) = delete;
    Overlay& operator=(const Overlay&) = delete;
    bool mounted() const { return mounted_; }
    void end() {
        if (mounted_) ::umount2(at_.c_str(), MNT_DETACH);
        mounted_ = false;
    }

  private:
    fs::path at_;
    bool mounted_ = false;
};

bool is_root() {
    if (::geteuid() == 0) return true;
    WARN("skipped: only root may make devices and change owners");
    return false;
}

void write(const fs::path& file, const std::string& content) {
    fs::create_directories(file.parent_path());
    std::ofstream(file) << content;
}

}  // namespace

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

TEST_CASE("what an overlay's upper directory says survives the trip through a layer") {
    if (!is_root()) return;
    Place place;
    const fs::path& top = place.folder.path();
    const fs::path lower = top / "lower", upper = top / "upper", merged = top / "merged";
    write(lower / "gone", "1");
    write(lower / "gone-too", "1");
    write(lower / "folder-gone/a/b", "1");
    write(lower / "replaced/old", "old");
    write(lower / "replaced/sub/old", "old");
    write(lower / "file-to-folder", "1");
    write(lower / "folder-to-file/x", "1");
    write(lower / "kept/deep/changed", "before");
    write(lower / "kept/deep/untouched", "same");
    write(lower / "moved/content", "moved");
    write(lower / "copied-up", "same bytes");
    fs::create_directories(upper);
    fs::create_directories(top / "work");
    Overlay first(merged, "lowerdir=" + lower.string() + ",upperdir=" + upper.string() +
                              ",workdir=" + (top / "work").string() + ",redirect_dir=off,metacopy=off,index=off");
    if (!first.mounted()) {
        WARN("skipped: no overlay mounts here");
        return;
    }
    fs::remove(merged / "gone");
    fs::remove(merged / "gone-too");
    fs::remove_all(merged / "folder-gone");
    fs::remove_all(merged / "replaced");
    write(merged / "replaced/new", "new");
    write(merged / "replaced/sub/new", "new");
    write(merged / "replaced/.a-name-before-any-whiteout", "new");
    write(merged / "!a-name-before-any-whiteout", "new");
    fs::remove(merged / "file-to-folder");
    write(merged / "file-to-folder/x", "1");
    fs::remove_all(merged / "folder-to-file");
    write(merged / "folder-to-file", "1");
    write(merged / "kept/deep/changed", "after");
    write(merged / "kept/deep/.added", "1");
    fs::copy(merged / "moved", merged / "moved-here", fs::copy_options::recursive);
    fs::remove_all(merged / "moved");
    ::chmod((merged / "copied-up").c_str(), 04711);
    ::chown((merged / "copied-up").c_str(), 12, 34);
    ::chmod((merged / "copied-up").c_str(), 04711);
    write(merged / "new/twin", "twin");
    fs::create_hard_link(merged / "new/twin", merged / "new/a-twin");
    write(merged / "new/ping", "x");
    const char capability[20] = {1, 0, 0, 2, 0, 0x20};  // VFS_CAP_REVISION_2 with CAP_NET_RAW (linux/capability.h)
    REQUIRE(::setxattr((merged / "new/ping").c_str(), "security.capability", capability, sizeof capability, 0) == 0);
    REQUIRE(::setxattr((merged / "new/ping").c_str(), "user.note", "hi", 2, 0) == 0);
    const int listener = ::socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    (upper / "socket").string().copy(address.sun_path, sizeof address.sun_path - 1);
    REQUIRE(::bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    ::close(listener);
    first.end();
    Overlay again(merged, "lowerdir=" + upper.string() + ":" + lower.string());
    REQUIRE(again.mounted());
    fs::remove(upper / "socket");
    auto wanted = facts_of(merged);
    wanted.erase("socket");
    again.end();
    REQUIRE(is_deleted(upper / "gone"));
    REQUIRE(is_opaque(upper / "replaced"));
    // Kernels before 5.15 do this to every folder that is new in a merged one.
    REQUIRE(::setxattr((upper / "new").c_str(), "trusted.overlay.opaque", "y", 1, 0) == 0);

    // As a mount in a user namespace leaves them (userxattr).
    REQUIRE(::setxattr((upper / "new/ping").c_str(), "user.overlay.origin", "x", 1, 0) == 0);
    TreePackOptions options;
    options.overlay_upper = true;
    for (const bool with_lower : {false, true}) {
        if (with_lower) options.is_below = [&](const std::string& path) { return fs::exists(lower / path); };
        const BuiltLayer layer = pack_tree(place.store, upper, options).value();
        const BuiltLayer same = pack_tree(place.store, upper, options).value();
        CHECK(layer == same);
        const fs::path out = top / (with_lower ? "with" : "without");
        fs::create_directory(out);
        REQUIRE(unpack_layer(place.store, layer, out));
        CHECK(is_deleted(out / "gone"));
        CHECK(is_deleted(out / "gone-too"));
        CHECK(look(out / "gone").st_size == 0);
        CHECK(is_opaque(out / "replaced"));
        CHECK_FALSE(is_opaque(out / "kept"));
        CHECK(is_opaque(out / "new") == !with_lower);
        CHECK(look(out / "new/twin").st_ino == look(out / "new/a-twin").st_ino);
        CHECK_FALSE(fs::exists(out / "socket"));
        char value[64];
        CHECK(::lgetxattr((out / "kept/deep/changed").c_str(), "trusted.overlay.origin", value, sizeof value) == -1);
        const std::string tar = [&] {
            io::Decompressor whole = io::Decompressor::open(place.store.blob_path(layer.digest), 1 << 30).value();
            std::string text(layer.tar_size, '\0');
            return whole.read(std::as_writable_bytes(std::span(text))).value(), text;
        }();
        CHECK(tar.find("user.note") != std::string::npos);
        CHECK(tar.find("overlay.") == std::string::npos);
        Overlay check(merged, "lowerdir=" + out.string() + ":" + lower.string());
        REQUIRE(check.mounted());
        CHECK(facts_of(merged) == wanted);
    }
}

TEST_CASE("an upper directory that only refers to content is refused") {
    if (!is_root()) return;
    Place place;
    for (const char* name : {"trusted.overlay.redirect", "trusted.overlay.metacopy"}) {
        const fs::path upper = place.folder.path() / name;
        fs::create_directories(upper / "moved");
        REQUIRE(::setxattr((upper / "moved").c_str(), name, "x", 1, 0) == 0);
        TreePackOptions options;
        CHECK(pack_tree(place.store, upper, options));
        options.overlay_upper = true;
        auto packed = pack_tree(place.store, upper, options);
        REQUIRE_FALSE(packed);
        CHECK(packed.error().hint.find("redirect_dir=off") != std::string::npos);
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
