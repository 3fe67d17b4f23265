// SPDX-License-Identifier: Apache-2.0
// What is remembered of uploads, by one process and by two.
#include "registry/journal.hpp"

#include <sys/stat.h>

#include "support/catch.hpp"
#include "sys/file.hpp"

using namespace tmplbuild;
using namespace tmplbuild::registry;

namespace fs = std::filesystem;

namespace {

struct Journal {
    sys::TempDirectory folder = sys::TempDirectory::make(fs::temp_directory_path(), "journal-").value();
    Reference image = Reference::parse("ghcr.io/me/x:1").value();
    const Digest digest = Sha256::of("x");

    UploadRecord open(std::uint64_t size = 100) const {
        return UploadRecord::open(folder.path(), image, digest, size).value();
    }
    std::vector<fs::path> files() const {
        std::vector<fs::path> out;
        for (const auto& entry : fs::directory_iterator(folder.path())) out.push_back(entry.path());
        return out;
    }
};

const KnownUpload upload{"https://ghcr.io/upload/1?state=secret", 10, 50};

}  // namespace

TEST_CASE("an upload is remembered until it is forgotten, for its owner alone") {
    Journal journal;
    CHECK_FALSE(journal.open().known());
    CHECK(journal.files().empty());
    REQUIRE(journal.open().remember(upload));
    for (const fs::path& file : journal.files()) {
        struct stat facts {};
        REQUIRE(::stat(file.c_str(), &facts) == 0);
        CHECK((facts.st_mode & 0777) == 0600);
    }
    {
        UploadRecord record = journal.open();
        REQUIRE(record.known());
        CHECK(*record.known() == upload);
        record.forget();
        CHECK_FALSE(record.known());
    }
    CHECK(journal.files().empty());
}

TEST_CASE("an upload is of one blob, its size and its repository alone") {
    Journal journal;
    REQUIRE(journal.open().remember(upload));
    CHECK_FALSE(journal.open(101).known());
    REQUIRE(journal.open().remember(upload));
    journal.image.repository = "me/y";
    CHECK_FALSE(journal.open().known());
    journal.image.host = "quay.io";
    CHECK_FALSE(journal.open().known());
}

TEST_CASE("what a process left that was killed while it wrote is taken away, and nothing else") {
    Journal journal;
    REQUIRE(journal.open().remember(upload));
    std::string record;
    for (const fs::path& file : journal.files())
        if (file.extension() == ".json") record = file.filename().string();
    REQUIRE(sys::write_file_atomic(journal.folder.path() / ("." + record + ".tmp-99-1-5"), "{"));
    REQUIRE(sys::write_file_atomic(journal.folder.path() / ".another.json.tmp-99-1-5", "{"));
    {
        const UploadRecord held = journal.open();
        REQUIRE(held.known());
        CHECK(journal.files().size() == 3);
    }
    journal.open().forget();
    CHECK(journal.files() == std::vector<fs::path>{journal.folder.path() / ".another.json.tmp-99-1-5"});
}

TEST_CASE("who comes second knows nothing and changes nothing") {
    Journal journal;
    UploadRecord first = journal.open();
    REQUIRE(first.remember(upload));
    {
        UploadRecord second = journal.open();
        CHECK_FALSE(second.known());
        CHECK(second.remember({"https://elsewhere", 1, 2}));
        second.forget();
    }
    CHECK(*first.known() == upload);
    { const UploadRecord moved = std::move(first); }
    CHECK(*journal.open().known() == upload);
}

TEST_CASE("numbers that cannot be are no memory") {
    Journal journal;
    const std::string text = GENERATE("{", "[]", R"({"confirmed":-1})", R"({"confirmed":9,"begun":8})");
    REQUIRE(journal.open().remember(upload));
    for (const fs::path& file : journal.files())
        if (file.extension() == ".json") REQUIRE(sys::write_file_atomic(file, text));
    CHECK_FALSE(journal.open().known());
}

TEST_CASE("what is too old is swept away, but for what an upload on its way holds") {
    Journal journal;
    const auto make_old = [&] {
        for (const fs::path& file : journal.files())
            fs::last_write_time(file, fs::file_time_type::clock::now() - std::chrono::hours(200));
    };
    {
        UploadRecord held = journal.open();
        REQUIRE(held.remember(upload));
        make_old();
        REQUIRE(sys::write_file_atomic(journal.folder.path() / "left-over", "x"));
        make_old();
        sweep_uploads(journal.folder.path());
        CHECK(journal.files().size() == 2);
        CHECK_FALSE(journal.open().remember({"https://elsewhere", 1, 2}).has_error());
        CHECK(*held.known() == upload);
        // A lock that is older than its record.
        REQUIRE(held.remember({upload.url, 20, 50}));
    }
    sweep_uploads(journal.folder.path());
    CHECK(journal.open().known());
    make_old();
    sweep_uploads(journal.folder.path());
    CHECK(journal.files().empty());
}
