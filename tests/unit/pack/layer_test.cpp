// SPDX-License-Identifier: Apache-2.0
#include <sys/stat.h>
#include <unistd.h>

#include <clocale>
#include <cstdlib>
#include <fstream>

#include "io/process.hpp"
#include "pack/entry_set.hpp"
#include "support/catch.hpp"

using namespace tmplbuild;
namespace fs = std::filesystem;

namespace {

struct Place {
    sys::TempDirectory folder = sys::TempDirectory::make(fs::temp_directory_path(), "pack-test-").value();
    Store store = Store::open(folder.path() / "store").value();
    fs::path tree = folder.path() / "tree";

    void file(const std::string& path, const std::string& content, unsigned mode = 0644) const {
        fs::create_directories((tree / path).parent_path());
        std::ofstream(tree / path) << content;
        fs::permissions(tree / path, fs::perms(mode));
    }
    // What tar itself reads out of the layer.
    std::string listing(const BuiltLayer& layer) const {
        io::SystemProcessRunner runner;
        return runner
            .run({.argv = {"tar", "--numeric-owner", "--full-time", "-tvf", store.blob_path(layer.digest)},
                  .environment = {{"TZ", "UTC"}, {"LC_ALL", "C"}}},
                 {})
            .value()
            .out;
    }
};

BuiltLayer pack(const Place& place, Compression compression = Compression::none, const FolderFacts& facts = {}) {
    EntrySet set(facts);
    REQUIRE(set.add_tree(place.tree, "opt/app", {}));
    return set.write(place.store, {compression, "test"}).value();
}

}  // namespace

TEST_CASE("a tree's bytes do not depend on umask, zone, locale, time or place") {
    Place one, two;
    one.file("b/x", "same");
    one.file("a", "tool", 0755);
    ::umask(077);
    ::setenv("TZ", "Pacific/Chatham", 1);
    std::setlocale(LC_ALL, "C");
    two.file("a", "tool", 0700);
    two.file("b/x", "same", 0600);
    ::umask(022);
    for (const Compression compression : {Compression::none, Compression::gzip, Compression::zstd}) {
        const BuiltLayer first = pack(one, compression), second = pack(two, compression);
        CHECK(first == second);
        CHECK(first.size == one.store.blob_size(first.digest).value());
    }
    CHECK(pack(one, Compression::gzip).diff_id == pack(one).diff_id);
    ::unsetenv("TZ");
    CHECK(one.listing(pack(one)) ==
          "drwxr-xr-x 0/0               0 1980-01-01 00:00:00 opt/\n"
          "drwxr-xr-x 0/0               0 1980-01-01 00:00:00 opt/app/\n"
          "-rwxr-xr-x 0/0               4 1980-01-01 00:00:00 opt/app/a\n"
          "drwxr-xr-x 0/0               0 1980-01-01 00:00:00 opt/app/b/\n"
          "-rw-r--r-- 0/0               4 1980-01-01 00:00:00 opt/app/b/x\n");
}

TEST_CASE("names that are no UTF-8, and long ones, come out of tar as they went in") {
    Place place;
    const std::string raw = "caf\xe9", path = std::string(200, 'd') + "/" + std::string(200, 'f');
    place.file(raw, "1");
    place.file(path, "2");
    const BuiltLayer layer = pack(place);
    io::SystemProcessRunner runner;
    const fs::path out = place.folder.path() / "out";
    fs::create_directory(out);
    REQUIRE(
        runner.run({.argv = {"tar", "-xf", place.store.blob_path(layer.digest), "-C", out}}, {}).value().exit_code ==
        0);
    CHECK(fs::exists(out / "opt/app" / raw));
    CHECK(fs::exists(out / "opt/app" / path));
}

TEST_CASE("a base whose folders are links keeps them") {
    FolderFacts facts;
    facts.symlinks = {{"lib", "usr/lib"}, {"var/run", "run"}};
    facts.folders["root"] = {0700, 0, 0};
    Place place;
    EntrySet set(facts);
    REQUIRE(set.add({.path = "lib/x"}, std::string("1")));
    REQUIRE(set.add({.path = "var/run/y"}, std::string("2")));
    REQUIRE(set.add({.path = "root/z"}, std::string("3")));
    const std::string listing = place.listing(set.write(place.store, {Compression::none, ""}).value());
    CHECK(listing.find(" usr/lib/x\n") != std::string::npos);
    CHECK(listing.find(" run/y\n") != std::string::npos);
    CHECK(listing.find("drwx------ 0/0               0 1980-01-01 00:00:00 root/\n") != std::string::npos);
    CHECK(listing.find(" lib/") == std::string::npos);

    auto replaced = set.add({.path = "lib"}, std::string("a file"));
    REQUIRE_FALSE(replaced);
    CHECK(replaced.error().hint.find("/usr/lib") != std::string::npos);
}

TEST_CASE("two sources for one path are an error that names both") {
    EntrySet set;
    REQUIRE(set.add({.path = "a/b"}, std::string("1"), "opencv-python"));
    auto twice = set.add({.path = "a/b"}, std::string("1"), "opencv-python-headless");
    REQUIRE_FALSE(twice);
    CHECK(twice.error().message ==
          "two entries for '/a/b': one (from opencv-python) and one (from opencv-python-headless)");
    Place place;
    REQUIRE(set.add({.path = "a/b/c"}, std::string("1")));
    CHECK_FALSE(set.write(place.store, {}));
}

TEST_CASE("links out of a copied tree and special files are refused") {
    for (const char* target : {"/etc/passwd", "../out", "b/../../out"}) {
        Place place;
        place.file("b/x", "1");
        fs::create_symlink(target, place.tree / "link");
        EntrySet set;
        CHECK_FALSE(set.add_tree(place.tree, "opt/app", {}));
    }
    Place place;
    place.file("b/x", "1");
    fs::create_symlink("../b/x", place.tree / "b/inside");
    EntrySet inside;
    CHECK(inside.add_tree(place.tree, "opt/app", {}));
    REQUIRE(::mkfifo((place.tree / "pipe").c_str(), 0644) == 0);
    EntrySet fifo;
    CHECK_FALSE(fifo.add_tree(place.tree, "opt/app", {}));
}

TEST_CASE("entries out of order, twice, with '..' or with wrong sizes make no layer") {
    Place place;
    auto attempt = [&](const std::vector<std::string>& paths) {
        LayerWriter writer(place.store, {Compression::zstd, ""});
        for (const std::string& path : paths)
            if (auto added = writer.add_text({.path = path}, "x"); !added) return false;
        return true;
    };
    CHECK(attempt({"a", "a/b", "a.b"}));
    CHECK_FALSE(attempt({"a.b", "a/b"}));
    CHECK_FALSE(attempt({"a", "a"}));
    for (const char* bad : {"../a", "a/../b", "/a", "a//b", "./a", "a/"}) CHECK_FALSE(attempt({bad}));
    LayerWriter writer(place.store, {Compression::zstd, ""});
    Entry entry{.path = "a"};
    entry.size = 3;
    REQUIRE(writer.begin(entry));
    REQUIRE(writer.write(std::as_bytes(std::span("ab", 2))));
    CHECK_FALSE(writer.write(std::as_bytes(std::span("cd", 2))));
    CHECK_FALSE(writer.finish());
    CHECK(fs::is_empty(place.store.root() / "blobs" / "sha256"));
}

TEST_CASE("what is left of an unfinished layer is nothing") {
    Place place;
    {
        LayerWriter writer(place.store, {Compression::none, ""});
        REQUIRE(writer.add_text({.path = "a"}, std::string(30'000'000, 'x')));  // more than may wait
        CHECK_FALSE(fs::is_empty(place.store.root() / "tmp"));
    }
    CHECK(fs::is_empty(place.store.root() / "tmp"));
    CHECK(fs::is_empty(place.store.root() / "blobs" / "sha256"));
}

TEST_CASE("content that is made while writing must be as long as it was said to be") {
    auto made = [](std::uint64_t size, const std::string& content) {
        Place place;
        EntrySet set;
        Entry entry{.path = "a"};
        entry.size = size;
        const EntrySet::Producer produce = [content](const EntrySet::Sink& sink) -> Result<void> {
            for (const char c : content)
                if (auto sent = sink(std::as_bytes(std::span(&c, 1))); !sent) return sent;
            if (content == "bad") return build_error("made no more");
            return {};
        };
        REQUIRE(set.add(entry, produce));
        REQUIRE(set.add({.path = "b"}, std::string("after")));
        auto layer = set.write(place.store, {Compression::none, ""});
        CHECK(fs::is_empty(place.store.root() / "tmp"));
        return layer ? place.listing(*layer) : layer.error().message;
    };
    CHECK(made(4, "1234").find(" 4 1980-01-01 00:00:00 a\n") != std::string::npos);
    CHECK(made(3, "1234") == "'a' got more bytes than its size says");
    CHECK(made(5, "1234") == "'a' got fewer bytes than its size says");
    CHECK(made(3, "bad") == "made no more");
}

TEST_CASE("a store that takes no more bytes ends the layer with its own words") {
    Place place;
    LayerWriter writer(place.store, {Compression::none, ""});
    fs::remove_all(place.store.root() / "tmp");
    Result<void> added;
    for (int i = 0; added && i < 100; ++i)
        added = writer.add_text({.path = std::to_string(1000 + i)}, std::string(1 << 20, 'x'));
    REQUIRE_FALSE(added);
    CHECK(added.error().message.find("cannot create") != std::string::npos);
}

TEST_CASE("names that no file system holds are refused by every way into a layer") {
    const Place place;
    const auto written = [&](Entry entry) {
        LayerWriter writer(place.store, {Compression::none, "test"});
        return writer.add(entry);
    };
    CHECK(written({.path = "a/" + std::string(255, 'n')}));
    CHECK_FALSE(written({.path = "a/" + std::string(256, 'n')}));
    std::string deep = "d";
    while (deep.size() < 4094) deep += "/d";
    CHECK(written({.path = deep}));
    CHECK_FALSE(written({.path = deep + "/d"}));
    CHECK(written({.path = "l", .type = EntryType::symlink, .link = std::string(4095, 'x')}));
    CHECK_FALSE(written({.path = "l", .type = EntryType::symlink, .link = std::string(4096, 'x')}));
    CHECK_FALSE(written({.path = "l", .type = EntryType::symlink}));
    // ".wh." makes the name of a deletion longer than what it deletes.
    LayerWriter writer(place.store, {Compression::none, "test"});
    CHECK(writer.add_whiteout("a/" + std::string(251, 'n')));
    CHECK_FALSE(writer.add_whiteout("b/" + std::string(252, 'n')));
}
