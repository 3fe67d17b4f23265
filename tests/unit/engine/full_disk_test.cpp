// SPDX-License-Identifier: Apache-2.0
// A disk that becomes full: the failure says so and where, nothing that is half written is to be seen, and what was
// there before is whole.
#include <random>

#include "online_place.hpp"
#include "support/tiny_disk.hpp"

using namespace tmplbuild;
namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t little = 200 << 10;

// Bytes that no compressor makes smaller.
std::string noise(std::size_t size, unsigned seed = 1) {
    std::mt19937 random(seed);
    std::string out(size, '\0');
    for (char& c : out) c = static_cast<char>(random());
    return out;
}

void check_says_full(const Error& error, const fs::path& disk) {
    const std::string said = error.to_string();
    INFO(said);
    CHECK(said.find("No space left on device") != std::string::npos);
    CHECK(said.find(disk.string()) != std::string::npos);
    CHECK_FALSE(error.hint.empty());
}

std::size_t count(const fs::path& folder) {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder), {}));
}

}  // namespace

TEST_CASE("a blob that does not fit is none, and fits when there is room") {
    TinyDisk::with([](const TinyDisk& disk) {
        const Store store = Store::open(disk.path() / "store").value();
        disk.leave(little);
        const std::string content = noise(1 << 20);
        const Digest digest = Sha256::of(content);
        const auto put = store.put_blob(digest, content);
        REQUIRE_FALSE(put);
        check_says_full(put.error(), disk.path());
        CHECK_FALSE(store.has_blob(digest));
        CHECK(count(store.root() / "blobs/sha256") == 0);
        CHECK(count(store.root() / "tmp") == 0);
        disk.leave(2 << 20);
        REQUIRE(store.put_blob(digest, content));
        CHECK(store.has_blob(digest));
    });
}

TEST_CASE("a layer that does not fit leaves no blob, no index and no temporary file") {
    TinyDisk::with([](const TinyDisk& disk) {
        const Store store = Store::open(disk.path() / "store").value();
        disk.leave(little);
        EntrySet set;
        for (unsigned i = 0; i < 8; ++i)
            REQUIRE(set.add({.path = "opt/" + std::to_string(i), .mode = 0644}, noise(256 << 10, i)));
        const auto layer = set.write(store, {Compression::zstd, "files:large"});
        REQUIRE_FALSE(layer);
        check_says_full(layer.error(), disk.path());
        CHECK(count(store.root() / "blobs/sha256") == 0);
        CHECK(count(store.root() / "index") == 0);
        CHECK(count(store.root() / "tmp") == 0);
        disk.leave(4 << 20);
        REQUIRE(set.write(store, {Compression::zstd, "files:large"}));
    });
}

TEST_CASE("a record that does not fit is none, and an earlier one is whole") {
    TinyDisk::with([](const TinyDisk& disk) {
        const Store store = Store::open(disk.path() / "store").value();
        Record record{"run:a", CanonicalKey().add("command", "one"), {}, {{"of", "one"}}, 1, 2};
        REQUIRE(store.put_record(record));
        const CanonicalKey before = record.key;
        record.key = CanonicalKey().add("command", "two");
        record.facts["long"] = std::string(1 << 20, 'x');
        disk.leave(little);
        const auto put = store.put_record(record);
        REQUIRE_FALSE(put);
        check_says_full(put.error(), disk.path());
        CHECK_FALSE(store.find_record(record.key.digest()));
        REQUIRE(store.find_record(before.digest()));
        CHECK(count(store.root() / "records") == 2);  // it, and the folder that lists steps
    });
}

TEST_CASE("a lock whose files do not fit stays as it was, and is renewed when there is room") {
    TinyDisk::with([](const TinyDisk& disk) {
        OnlinePlace place(disk.path());
        (void)place.lock();
        const std::string before = place.locked();
        place.offer("numpy", "2.1", noise(1 << 20));
        disk.leave(little);
        check_says_full(place.failure(renewing("python:/opt/venv")), disk.path());
        CHECK(place.locked() == before);
        CHECK(place.left_nothing());
        disk.leave(4 << 20);
        (void)place.lock(online_template, renewing("python:/opt/venv"));
        CHECK(place.parsed().venvs[0].distributions[0].version == "2.1");
    });
}

TEST_CASE("apt is not asked where its lists have no room: it would wait for ever") {
    TinyDisk::with([](const TinyDisk& disk) {
        OnlinePlace place(disk.path());
        disk.leave(10 << 20);
        const Error error = place.failure();
        CHECK(error.message.find("the disk is too full") != std::string::npos);
        CHECK(error.message.find(disk.path().string()) != std::string::npos);
        CHECK(place.tools.log.empty());
        CHECK(place.locked().empty());
    });
}
