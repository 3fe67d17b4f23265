// SPDX-License-Identifier: Apache-2.0
// What an overlay's upper directory says, packed as a layer and unpacked again.
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
#include "pack/tree_packer.hpp"
#include "pack/unpacking.hpp"

using namespace tmplbuild;
using namespace tmplbuild::unpacking;

namespace {

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

void write(const fs::path& file, const std::string& content) {
    fs::create_directories(file.parent_path());
    std::ofstream(file) << content;
}

}  // namespace

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
