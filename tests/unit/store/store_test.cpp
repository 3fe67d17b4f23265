// SPDX-License-Identifier: Apache-2.0
#include "store/store.hpp"

#include <signal.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <thread>

#include "support/catch.hpp"
#include "sys/file_digest.hpp"

using namespace tmplbuild;
namespace fs = std::filesystem;

static sys::TempDirectory folder() {
    return sys::TempDirectory::make(fs::temp_directory_path(), "store-test-").value();
}

static Record a_record(const Store& store, const std::string& content, const std::string& arch) {
    const Digest digest = Sha256::of(content);
    REQUIRE(store.put_blob(digest, content));
    Record record{"kernel:k:" + arch, {}, {}, {{"note", "x"}}, 1.5, 7};
    record.key.add("arch", arch).add("content", digest);
    record.layers.push_back({digest, digest, content.size(), content.size(), Compression::none, "a layer"});
    return record;
}

TEST_CASE("a blob is what its digest says, read-only, and only whole") {
    const auto root = folder();
    const Store store = Store::open(root.path()).value();
    REQUIRE(store.put_blob(Sha256::of("abc"), "abc"));
    CHECK(store.has_blob(Sha256::of("abc")));
    CHECK((fs::status(store.blob_path(Sha256::of("abc"))).permissions() & fs::perms::mask) == fs::perms(0444));
    CHECK_FALSE(store.put_blob(Sha256::of("abd"), "abc"));
    CHECK_FALSE(store.has_blob(Sha256::of("abd")));
    const fs::path file = store.new_temp_file().value();
    std::ofstream(file) << "other";
    CHECK_FALSE(store.adopt_blob(file, Sha256::of("abc")));
    CHECK_FALSE(fs::exists(file));
}

TEST_CASE("a store that is reached by a link is known by where it is") {
    const auto root = folder();
    fs::create_directory(root.path() / "real");
    fs::create_directory_symlink("real", root.path() / "link");
    const Store store = Store::open(root.path() / "link").value();
    CHECK(store.root() == fs::canonical(root.path() / "real"));
    const Store below = Store::open(root.path() / "link/new").value();
    CHECK(below.root() == fs::canonical(root.path() / "real/new"));
}

TEST_CASE("a record is found with everything it held, until a blob is damaged") {
    const auto root = folder();
    const Store store = Store::open(root.path()).value();
    Record record = a_record(store, "abc", "8.9");
    record.basis = Sha256::of("below");
    record.from = {"docker://x/y", "a key"};
    record.signers = {"", "a key"};
    REQUIRE(store.put_record(record));
    auto found = store.find_record(record.key.digest());
    REQUIRE(found);
    CHECK(found->step == record.step);
    CHECK(found->layers == record.layers);
    CHECK(found->facts == record.facts);
    CHECK(found->seconds == 1.5);
    CHECK(found->basis == record.basis);
    CHECK(found->from == record.from);
    CHECK(found->signers == record.signers);
    CHECK_FALSE(store.find_record(Sha256::of("other key")));

    const fs::path blob = store.blob_path(Sha256::of("abc"));
    fs::permissions(blob, fs::perms(0644));
    fs::resize_file(blob, 2);
    CHECK_FALSE(store.find_record(record.key.digest()));
}

TEST_CASE("a damaged record is none") {
    const auto root = folder();
    const Store store = Store::open(root.path()).value();
    const Record record = a_record(store, "abc", "8.9");
    REQUIRE(store.put_record(record));
    const fs::path file = root.path() / "records" / (record.key.digest().hex() + ".json");
    const std::string good = sys::read_file(file).value();
    for (std::size_t cut = 0; cut < good.size() - 1; cut += 7) {
        std::ofstream(file, std::ios::trunc) << good.substr(0, cut);
        REQUIRE_FALSE(store.find_record(record.key.digest()));
    }
    // A record that was moved under another key's name is not that key's.
    const Digest other = Sha256::of("other");
    std::ofstream(root.path() / "records" / (other.hex() + ".json")) << good;
    CHECK_FALSE(store.find_record(other));
}

TEST_CASE("explain compares with the record that differs least") {
    const auto root = folder();
    const Store store = Store::open(root.path()).value();
    Record near = a_record(store, "abc", "8.9");
    near.step = "s";
    Record far = a_record(store, "abd", "9.0");
    far.step = "s";
    REQUIRE(store.put_record(near));
    REQUIRE(store.put_record(far));
    CanonicalKey key;
    key.add("arch", "8.9").add("content", Sha256::of("new"));
    auto found = store.nearest_record("s", key);
    REQUIRE(found);
    CHECK(key.first_difference(found->key)->name == "content");
    CHECK_FALSE(store.nearest_record("never seen", key));
}

TEST_CASE("what dead processes left under tmp is swept, what live ones hold stays") {
    const auto root = folder();
    const Store store = Store::open(root.path()).value();
    const fs::path mine = store.new_temp_file().value();
    std::ofstream(mine) << "x";
    const pid_t child = ::fork();
    if (child == 0) {
        std::ofstream(store.new_temp_file().value()) << "left";
        auto left = store.new_temp_directory("dir").value().release();
        std::ofstream(left / "f") << "left";
        ::_exit(0);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    auto count = [&] { return std::distance(fs::directory_iterator(root.path() / "tmp"), fs::directory_iterator()); };
    CHECK(count() == 3);
    store.sweep_temp();
    CHECK(count() == 1);
    CHECK(fs::exists(mine));

    // Made where nobody here can look: only its age tells.
    const fs::path foreign = root.path() / "tmp" / "0123456789ab.17.4711-x";
    std::ofstream(foreign) << "x";
    store.sweep_temp();
    CHECK(fs::exists(foreign));
    fs::last_write_time(foreign, fs::file_time_type::clock::now() - std::chrono::hours(49));
    store.sweep_temp();
    CHECK_FALSE(fs::exists(foreign));
}

TEST_CASE("a writer killed at random leaves nothing that is trusted") {
    const auto root = folder();
    const Store store = Store::open(root.path()).value();
    const std::string content(2'000'000, 'z');
    for (int round = 0; round < 25; ++round) {
        const pid_t child = ::fork();
        if (child == 0) {
            for (int i = 0;; ++i) {
                const std::string mine = content + std::to_string(round * 1000 + i);
                (void)store.put_blob(Sha256::of(mine), mine);
            }
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(5 + round * 3));
        ::kill(child, SIGKILL);
        int status = 0;
        ::waitpid(child, &status, 0);
        for (const auto& entry : fs::directory_iterator(root.path() / "blobs" / "sha256"))
            REQUIRE(sys::hash_file(entry.path()).value().hex() == entry.path().filename());
        store.sweep_temp();
        REQUIRE(fs::is_empty(root.path() / "tmp"));
    }
}

TEST_CASE("a full disk is a clear error and leaves the store as it was") {
    const auto root = folder();
    if (::mount("tmpfs", root.path().c_str(), "tmpfs", 0, "size=1m") != 0) {
        WARN("skipped: this user may not mount a tmpfs");
        return;
    }
    {
        const Store store = Store::open(root.path()).value();
        const Record record = a_record(store, "abc", "8.9");
        REQUIRE(store.put_record(record));
        const std::string large(4'000'000, 'x');
        auto put = store.put_blob(Sha256::of(large), large);
        REQUIRE_FALSE(put);
        CHECK(put.error().to_string().find("full") != std::string::npos);
        CHECK_FALSE(store.has_blob(Sha256::of(large)));
        CHECK(fs::is_empty(root.path() / "tmp"));
        CHECK(store.find_record(record.key.digest()));
    }
    ::umount(root.path().c_str());
}
