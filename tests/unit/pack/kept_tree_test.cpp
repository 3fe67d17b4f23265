// SPDX-License-Identifier: Apache-2.0
#include "pack/kept_tree.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <fstream>
#include <functional>

#include "support/catch.hpp"

using namespace tmplbuild;
namespace fs = std::filesystem;

namespace {

struct Place {
    sys::TempDirectory folder = sys::TempDirectory::make(fs::temp_directory_path(), "kept-test-").value();
    Store store = Store::open(folder.path() / "store").value();

    fs::path make(const std::string& content = "content") const {
        const fs::path tree = store.root() / "tmp" / sys::unique_suffix();
        fs::create_directories(tree / "tmp");
        fs::permissions(tree / "tmp", fs::perms(01777));
        fs::create_directories(tree / "a/b");
        std::ofstream(tree / "a/b/f") << content;
        fs::create_symlink("b", tree / "a/l");
        for (const char* path : {"a/b/f", "a/b", "a", "tmp"}) set_time(tree / path, 1'000'000'000);
        return tree;
    }
    static void set_time(const fs::path& path, time_t seconds) {
        const timespec times[2] = {{seconds, 0}, {seconds, 0}};
        REQUIRE(::utimensat(AT_FDCWD, path.c_str(), times, AT_SYMLINK_NOFOLLOW) == 0);
    }
};

}  // namespace

TEST_CASE("a kept tree is found while it is as it was kept") {
    const Place place;
    CHECK_FALSE(find_kept_tree(place.store, "x"));
    const fs::path kept = keep_tree(place.store, place.make(), "x").value();
    CHECK(find_kept_tree(place.store, "x") == kept);
    CHECK_FALSE(find_kept_tree(place.store, "y"));
    // Reading it changes nothing.
    CHECK(sys::read_file(kept / "a/b/f").value() == "content");
    CHECK(find_kept_tree(place.store, "x") == kept);
    // Whoever kept one of that name first is right.
    const fs::path second = place.make("another");
    CHECK(keep_tree(place.store, second, "x").value() == kept);
    CHECK(sys::read_file(kept / "a/b/f").value() == "content");
    CHECK(fs::exists(second));
}

TEST_CASE("a tree that was changed or copied without what it is made of is kept anew") {
    using Damage = std::function<void(const fs::path& tree)>;
    const std::pair<const char*, Damage> rows[] = {
        {"mode of a folder", [](const fs::path& tree) { fs::permissions(tree / "tmp", fs::perms(0755)); }},
        {"mode of a file", [](const fs::path& tree) { fs::permissions(tree / "a/b/f", fs::perms(0600)); }},
        {"mode of the whole", [](const fs::path& tree) { fs::permissions(tree, fs::perms(0700)); }},
        {"time", [](const fs::path& tree) { Place::set_time(tree / "a/b/f", 1'000'000'001); }},
        {"time of a link", [](const fs::path& tree) { Place::set_time(tree / "a/l", 1); }},
        {"a file less",
         [](const fs::path& tree) {
             fs::remove(tree / "a/b/f");
             Place::set_time(tree / "a/b", 1'000'000'000);
         }},
        {"a file more", [](const fs::path& tree) { std::ofstream(tree / "a/b/g") << ""; }},
        {"another size",
         [](const fs::path& tree) {
             std::ofstream(tree / "a/b/f") << "longer content";
             Place::set_time(tree / "a/b/f", 1'000'000'000);
         }},
        {"a folder that is a link",
         [](const fs::path& tree) {
             fs::rename(tree / "a/b", tree / "a/c");
             fs::create_symlink("c", tree / "a/b");
         }},
        {"an attribute",
         [](const fs::path& tree) { REQUIRE(::setxattr((tree / "a").c_str(), "user.tmplbuild", "y", 1, 0) == 0); }},
        {"owner",
         [](const fs::path& tree) {
             if (::geteuid() == 0)
                 REQUIRE(::chown((tree / "a/b/f").c_str(), 5, 6) == 0);
             else
                 fs::remove(tree / "a/b/f");
         }},
        {"nothing there", [](const fs::path& tree) { fs::remove_all(tree); }},
        {"no digest", [](const fs::path& tree) { fs::remove(tree.string() + ".digest"); }},
        {"a digest that is none", [](const fs::path& tree) { std::ofstream(tree.string() + ".digest") << "x"; }},
    };
    for (const auto& [name, damage] : rows) {
        DYNAMIC_SECTION(name) {
            const Place place;
            const fs::path kept = keep_tree(place.store, place.make(), "x").value();
            damage(kept);
            CHECK_FALSE(find_kept_tree(place.store, "x"));
            CHECK(keep_tree(place.store, place.make("content"), "x").value() == kept);
            CHECK(find_kept_tree(place.store, "x") == kept);
            CHECK((fs::status(kept / "tmp").permissions() == fs::perms(01777)));
            CHECK(sys::read_file(kept / "a/b/f").value() == "content");
            CHECK(fs::is_empty(place.store.root() / "tmp"));
        }
    }
}

TEST_CASE("a copy with all that a tree is has its digest, one without has another") {
    const Place place;
    const fs::path tree = place.make(), copy = place.folder.path() / "copy";
    const std::string quoted = "'" + tree.string() + "' '" + copy.string() + "'";
    REQUIRE(std::system(("cp -a " + quoted).c_str()) == 0);
    CHECK(tree_digest(copy).value() == tree_digest(tree).value());
    REQUIRE(sys::remove_tree(copy));
    REQUIRE(std::system(("umask 022; cp -r " + quoted).c_str()) == 0);
    CHECK(tree_digest(copy).value() != tree_digest(tree).value());
    CHECK_FALSE(tree_digest(place.folder.path() / "none"));
}
