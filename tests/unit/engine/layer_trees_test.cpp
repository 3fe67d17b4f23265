// SPDX-License-Identifier: Apache-2.0
#include "engine/sandbox/trees.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include "pack/layer_writer.hpp"
#include "support/catch.hpp"
#include "support/made_image.hpp"

using namespace tmplbuild;
namespace fs = std::filesystem;

namespace {

struct Place {
    sys::TempDirectory folder = sys::TempDirectory::make(fs::temp_directory_path(), "trees-test-").value();
    Store store = Store::open(folder.path() / "store").value();

    BuiltLayer packed(const std::vector<Entry>& entries) const {
        LayerWriter writer(store, {Compression::none, "test"});
        for (const Entry& entry : entries) REQUIRE(writer.add(entry));
        return writer.finish().value();
    }
    // As a foreign tool may write it: no folder is listed.
    BuiltLayer bare(const std::string& path) const {
        const std::string tar = tar_of({{path, "x"}});
        const Digest digest = Sha256::of(tar);
        REQUIRE(store.put_blob(digest, tar));
        return {digest, digest, tar.size(), tar.size(), Compression::none, ""};
    }
};

Entry folder(const std::string& path, std::uint32_t mode = 0755) {
    return {.path = path, .type = EntryType::directory, .mode = mode};
}

std::uint32_t mode_of(const fs::path& path) {
    struct stat facts {};
    INFO(path);
    REQUIRE(::lstat(path.c_str(), &facts) == 0);
    return facts.st_mode & 07777;
}

}  // namespace

TEST_CASE("a store that was copied without modes gives the trees that it gave before") {
    if (::geteuid() != 0) {
        WARN("skipped: only root may unpack layers");
        return;
    }
    const Place place;
    const BuiltLayer layer = place.packed({folder("etc"), folder("tmp", 01777)});
    const fs::path tree = LayerTrees(place.store).trees_of({layer}).value().front();
    CHECK(mode_of(tree / "tmp") == 01777);
    fs::permissions(tree / "tmp", fs::perms(0755));
    LayerTrees again(place.store);
    CHECK(again.trees_of({layer}).value().front() == tree);
    CHECK(mode_of(tree / "tmp") == 01777);
    // It is looked at once: a build may hold it mounted.
    fs::permissions(tree / "tmp", fs::perms(0755));
    CHECK(again.trees_of({layer}).value().front() == tree);
    CHECK(mode_of(tree / "tmp") == 0755);
}

TEST_CASE("a tree that could not be kept is unpacked again when it is asked for again") {
    if (::geteuid() != 0) {
        WARN("skipped: only root may unpack layers");
        return;
    }
    const Place place;
    const BuiltLayer layer = place.packed({folder("etc")});
    REQUIRE(sys::write_file_atomic(place.store.root() / "trees", "in the way"));
    LayerTrees trees(place.store);
    CHECK_FALSE(trees.trees_of({layer}));
    fs::remove(place.store.root() / "trees");
    CHECK(fs::exists(trees.trees_of({layer}).value().front() / "etc"));
}

TEST_CASE("a layer that leans on those below it is another directory over others, each kept") {
    if (::geteuid() != 0) {
        WARN("skipped: only root may unpack layers");
        return;
    }
    const Place place;
    const BuiltLayer open = place.packed({folder("tmp", 01777)}), closed = place.packed({folder("tmp", 0700)});
    const BuiltLayer link =
        place.packed({folder("real"), {.path = "tmp", .type = EntryType::symlink, .mode = 0777, .link = "real"}});
    const BuiltLayer above = place.bare("tmp/x");
    const auto tree = [&](const std::vector<BuiltLayer>& below) {
        std::vector<BuiltLayer> all = below;
        all.push_back(above);
        return LayerTrees(place.store).trees_of(all).value().back();
    };
    CHECK(mode_of(tree({open}) / "tmp") == 01777);
    CHECK(mode_of(tree({closed}) / "tmp") == 0700);
    CHECK(mode_of(tree({}) / "tmp") == 0755);
    CHECK(fs::exists(tree({link}) / "real/x"));
    CHECK_FALSE(fs::exists(tree({link}) / "tmp"));
    CHECK(tree({open}) == tree({open}));
    CHECK(tree({open}) != tree({closed}));
    // One that lists all its folders is the same over any.
    const auto plain = [&](const BuiltLayer& below) {
        return LayerTrees(place.store).trees_of({below, open}).value().back();
    };
    CHECK(plain(closed) == plain(link));
}
