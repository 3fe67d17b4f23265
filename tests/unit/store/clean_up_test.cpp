// SPDX-License-Identifier: Apache-2.0
// What a clean-up removes, and what it must not: by age, by size, and beside a running build.
#include "store/clean_up.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <thread>

#include "store/store_use.hpp"
#include "support/catch.hpp"
#include "sys/file.hpp"

using namespace tmplbuild;
namespace fs = std::filesystem;
using std::chrono::hours;

namespace {

const FileTime now = std::chrono::time_point_cast<std::chrono::seconds>(std::chrono::system_clock::now());

struct Kept {
    sys::TempDirectory folder = sys::TempDirectory::make(fs::temp_directory_path(), "clean-up-").value();
    Store store = Store::open(folder.path()).value();

    static void date(const fs::path& file, hours age) {
        const std::int64_t then = (now - age).time_since_epoch().count();
        const timespec times[2] = {{then, 0}, {then, 0}};
        REQUIRE(::utimensat(AT_FDCWD, file.c_str(), times, AT_SYMLINK_NOFOLLOW) == 0);
    }
    Digest blob(const std::string& content, hours age) const {
        const Digest digest = Sha256::of(content);
        store.put_blob(digest, content).value();
        date(store.blob_path(digest), age);
        return digest;
    }
    // A step that was used so long ago, with these layers, each with an unpacked tree.
    Digest step(const std::string& id, const std::vector<std::string>& layers, hours age) const {
        Record record{id, CanonicalKey().add("id", std::string_view(id)), {}, {}, 1, 0, {}};
        for (const std::string& content : layers) {
            const BuiltLayer layer{blob(content, age), Sha256::of("tar " + content), content.size(), 1, {}, ""};
            record.layers.push_back(layer);
            store.put_side_file("layer-index-3", layer.digest, "index").value();
            const fs::path tree = store.root() / "trees" / layer.diff_id.hex();
            sys::make_directories(tree / "etc").value();
            sys::write_file_atomic(tree.string() + ".digest", "x").value();
        }
        store.put_record(record).value();
        date(store.root() / "records" / (record.key.digest().hex() + ".json"), age);
        return record.key.digest();
    }
    bool has_tree(const std::string& layer) const {
        return fs::exists(store.root() / "trees" / Sha256::of("tar " + layer).hex());
    }
    bool has(const std::string& content) const { return store.has_blob(Sha256::of(content)); }
    CleanUp clean(const CleanUpRules& rules, bool is_dry = false) const {
        return clean_up(store, rules, now, is_dry).value();
    }
};

}  // namespace

TEST_CASE("steps are listed with those first that were used last") {
    Kept kept;
    kept.step("old", {"a"}, hours(48));
    const Digest recent = kept.step("new", {"bb", "c"}, hours(1));
    auto steps = stored_steps(kept.store);
    REQUIRE(steps.size() == 2);
    CHECK(steps[0].step == "new");
    CHECK(steps[0].key == recent);
    CHECK(steps[0].size == 3);
    CHECK(steps[0].is_whole);
    CHECK(steps[0].used == now - hours(1));
    fs::remove(kept.store.blob_path(Sha256::of("a")));
    mark_used(kept.store, steps[1].key);
    steps = stored_steps(kept.store);
    CHECK(steps[0].step == "old");
    CHECK_FALSE(steps[0].is_whole);
}

TEST_CASE("by age, what was not used goes, and what a younger step shares with it stays") {
    Kept kept;
    const Digest old = kept.step("old", {"shared", "of the old one"}, hours(48));
    const Digest recent = kept.step("new", {"shared"}, hours(1));
    kept.blob("an old wheel", hours(48));
    kept.blob("a new wheel", hours(1));
    const CleanUpRules rules{.keep = hours(24)};
    const CleanUp dry = kept.clean(rules, true);
    CHECK(dry.steps.size() == 1);
    CHECK(kept.store.find_record(old));
    CHECK(kept.has("an old wheel"));
    const CleanUp done = kept.clean(rules);
    REQUIRE(done.steps.size() == 1);
    CHECK(done.steps[0].step == "old");
    CHECK(done.blobs == 2);
    CHECK(done.trees == 1);
    CHECK(done.bytes == dry.bytes);
    CHECK_FALSE(kept.store.find_record(old));
    CHECK(kept.store.find_record(recent));
    CHECK(kept.has("shared"));
    CHECK(kept.has_tree("shared"));
    CHECK_FALSE(kept.has("of the old one"));
    CHECK_FALSE(kept.has_tree("of the old one"));
    CHECK_FALSE(fs::exists(kept.store.side_file("layer-index-3", Sha256::of("of the old one"))));
    CHECK(fs::exists(kept.store.side_file("layer-index-3", Sha256::of("shared"))));
    CHECK_FALSE(kept.has("an old wheel"));
    CHECK(kept.has("a new wheel"));
    CHECK(kept.clean(rules).steps.empty());
}

TEST_CASE("by size, what was used longest ago goes until the rest fits") {
    Kept kept;
    kept.step("first", {std::string(1000, '1')}, hours(4));
    kept.blob(std::string(1000, 'w'), hours(3));
    kept.step("second", {std::string(1000, '2')}, hours(2));
    kept.step("third", {std::string(1000, '3')}, hours(1));
    for (const auto& entry : fs::directory_iterator(kept.store.root() / "trees")) fs::remove_all(entry);
    CHECK(kept.clean({.max_size = 4000}).bytes == 0);
    const CleanUp done = kept.clean({.max_size = 2500});
    CHECK(done.bytes == 2000);
    CHECK(done.left == 2000);
    CHECK_FALSE(kept.has(std::string(1000, '1')));
    CHECK_FALSE(kept.has(std::string(1000, 'w')));
    CHECK(kept.has(std::string(1000, '2')));
    CHECK(kept.clean({.max_size = 0}).left == 0);
    CHECK(stored_steps(kept.store).empty());
}

TEST_CASE("builds use a store together, a clean-up alone") {
    Kept kept;
    int waits = 0;
    std::stop_source stop;
    const auto begin = [&](StoreUse::Kind kind) {
        return StoreUse::begin(kept.store, kind, stop.get_token(), [&] {
            ++waits;
            stop.request_stop();
        });
    };
    {
        const auto one = begin(StoreUse::Kind::build), two = begin(StoreUse::Kind::build);
        CHECK(one);
        CHECK(two);
        CHECK(waits == 0);
        const auto clean = begin(StoreUse::Kind::clean_up);
        REQUIRE(!clean);
        CHECK(clean.error().kind == ErrorKind::interrupted);
        CHECK(waits == 1);
    }
    stop = std::stop_source();
    const auto clean = begin(StoreUse::Kind::clean_up);
    CHECK(clean);
    CHECK(waits == 1);
    CHECK(!begin(StoreUse::Kind::build));
    CHECK(waits == 2);
}

TEST_CASE("copies of git repositories, cut layers and locks go by the same rules") {
    Kept kept;
    const Digest recent = kept.step("new", {"a"}, hours(1));
    const auto clone = [&](const std::string& name, hours age) {
        const fs::path folder = kept.store.root() / "git" / name;
        sys::make_directories(folder).value();
        sys::write_file_atomic(folder / "pack", std::string(100'000, 'x')).value();
        sys::write_file_atomic(folder / "FETCH_HEAD", "").value();
        Kept::date(folder / "FETCH_HEAD", age);
        Kept::date(folder, hours(48));
        return folder;
    };
    const fs::path old = clone("old", hours(48)), fetched = clone("fetched", hours(1));
    const fs::path cut = kept.store.root() / "pulls" / std::string(64, 'a');
    sys::write_file_atomic(cut, std::string(100'000, 'x')).value();
    Kept::date(cut, hours(48));
    const auto lock = [&](const std::string& name) {
        sys::write_file_atomic(kept.store.root() / "locks" / name, "").value();
        return kept.store.root() / "locks" / name;
    };
    const fs::path held = lock(recent.hex()), left = lock(std::string(64, 'b')), use = lock("use");
    const CleanUp done = kept.clean({.keep = hours(24)});
    CHECK(done.others == 2);
    CHECK(done.bytes >= 200'000);
    CHECK_FALSE(fs::exists(old));
    CHECK_FALSE(fs::exists(cut));
    CHECK_FALSE(fs::exists(left));
    CHECK(fs::exists(fetched));
    CHECK(fs::exists(held));
    CHECK(fs::exists(use));
    // A store that is too large gives them up before any step.
    CHECK(done.left >= 100'000);
    const CleanUp small = kept.clean({.max_size = 50'000});
    CHECK(small.others == 1);
    CHECK(small.steps.empty());
    CHECK(kept.store.find_record(recent));
}
