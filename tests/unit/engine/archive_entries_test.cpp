// SPDX-License-Identifier: Apache-2.0
#include "engine/archive_entries.hpp"

#include "io/process.hpp"
#include "support/catch.hpp"

using namespace tmplbuild;
namespace fs = std::filesystem;

namespace {

struct Place {
    sys::TempDirectory folder = sys::TempDirectory::make(fs::temp_directory_path(), "archive-test-").value();
    Store store = Store::open(folder.path() / "store").value();
    io::SystemProcessRunner runner;

    fs::path archive(const std::string& script) {
        const std::string whole = "import tarfile, io, zipfile\nname = '" + (folder.path() / "a").string() +
                                  "'\nt = tarfile.open(name, 'w:gz')\n"
                                  "def file(n, c=b'x', mode=0o644):\n i = tarfile.TarInfo(n); i.size = len(c); "
                                  "i.mode = mode; i.uid = 7; i.mtime = 1700000000; t.addfile(i, io.BytesIO(c))\n"
                                  "def link(n, to, kind):\n i = tarfile.TarInfo(n); i.type = kind; i.linkname = to; "
                                  "t.addfile(i)\n" +
                                  script + "\nt.close()\n";
        runner.run_checked({.argv = {"python3", "-c", whole}}, {}, "python3").value();
        return folder.path() / "a";
    }
    Result<std::string> listing(const fs::path& file, const std::string& dest, std::uint32_t strip) {
        EntrySet set;
        const fs::path work = folder.path() / ("work" + sys::unique_suffix());
        fs::create_directories(work);
        auto added = add_archive(set, file, dest, strip, work);
        if (!added) return added.error();
        auto layer = set.write(store, {Compression::none, "test"});
        if (!layer) return layer.error();
        return runner
            .run({.argv = {"tar", "--numeric-owner", "--full-time", "-tvf", store.blob_path(layer->digest)},
                  .environment = {{"TZ", "UTC"}, {"LC_ALL", "C"}}},
                 {})
            .value()
            .out;
    }
};

}  // namespace

TEST_CASE("an archive's files come without its owners, times and odd modes") {
    Place place;
    const fs::path file = place.archive(
        "file('p-1/bin/go', mode=0o4775); file('p-1/read', mode=0o600); link('p-1/l', 'bin/go', tarfile.SYMTYPE); "
        "link('p-1/bin/hard', 'p-1/bin/go', tarfile.LNKTYPE)");
    const std::string listing = place.listing(file, "opt/p", 1).value();
    CHECK(listing.find("-rwxr-xr-x 0/0               1 1980-01-01 00:00:00 opt/p/bin/go") != std::string::npos);
    CHECK(listing.find("-rw-r--r-- 0/0               1 1980-01-01 00:00:00 opt/p/read") != std::string::npos);
    CHECK(listing.find("opt/p/l -> bin/go") != std::string::npos);
    CHECK(listing.find("opt/p/bin/hard link to opt/p/bin/go") != std::string::npos);
}

TEST_CASE("hard links work wherever the sorted layer puts their names") {
    Place place;
    const fs::path file = place.archive(
        "file('p/z', b'one', 0o755); link('p/a', 'p/z', tarfile.LNKTYPE); link('p/m', 'p/a', tarfile.LNKTYPE); "
        "file('top'); link('p/top', 'top', tarfile.LNKTYPE)");
    const std::string listing = place.listing(file, "opt/p", 1).value();
    CHECK(listing.find("-rwxr-xr-x 0/0               3 1980-01-01 00:00:00 opt/p/a\n") != std::string::npos);
    CHECK(listing.find("opt/p/m link to opt/p/a") != std::string::npos);
    CHECK(listing.find("opt/p/z link to opt/p/a") != std::string::npos);
    // Its other name was stripped away; the content was not.
    CHECK(listing.find("-rw-r--r-- 0/0               1 1980-01-01 00:00:00 opt/p/top\n") != std::string::npos);

    const auto none = place.listing(place.archive("link('p/a', 'p/z', tarfile.LNKTYPE); file('p/z')"), "opt/p", 1);
    REQUIRE_FALSE(none);
    CHECK(none.error().message.find("'p/a' names 'p/z'") != std::string::npos);
}

TEST_CASE("a hostile archive is an error, and nothing of it is packed") {
    Place place;
    for (const char* script :
         {"file('../x')", "file('/etc/passwd')", "file('a/../../x')",
          "file('ok'); link('h', '../../etc/passwd', tarfile.LNKTYPE)",
          "file('ok'); link('h', '/etc/passwd', tarfile.LNKTYPE)", "link('d', '/etc', tarfile.SYMTYPE); file('d/x')",
          "i = tarfile.TarInfo('dev'); i.type = tarfile.CHRTYPE; t.addfile(i)"}) {
        INFO(script);
        CHECK_FALSE(place.listing(place.archive(script), "opt/p", 0));
    }
}

TEST_CASE("what is no archive is said to be none") {
    Place place;
    REQUIRE(sys::write_file_atomic(place.folder.path() / "text", "just text, no archive"));
    const auto result = place.listing(place.folder.path() / "text", "opt/p", 0);
    REQUIRE_FALSE(result);
    CHECK(result.error().message.find("archive") != std::string::npos);
}

TEST_CASE("of a name that comes twice the later one counts, as tar unpacks it") {
    Place place;
    const std::string listing =
        place
            .listing(place.archive(
                         "file('a', b'one'); file('a', b'three'); file('b', b'1'); link('h', 'b', tarfile.LNKTYPE); "
                         "file('b', b'22'); file('l'); link('l', 'a', tarfile.SYMTYPE); "
                         "link('h', 'h', tarfile.LNKTYPE)"),
                     "opt", 0)
            .value();
    CHECK(listing.find("               5 1980-01-01 00:00:00 opt/a\n") != std::string::npos);
    CHECK(listing.find("               2 1980-01-01 00:00:00 opt/b\n") != std::string::npos);
    CHECK(listing.find("               1 1980-01-01 00:00:00 opt/h\n") != std::string::npos);
    CHECK(listing.find("opt/l -> a\n") != std::string::npos);
}

TEST_CASE("what no machine could unpack again is refused by name") {
    Place place;
    for (const char* script : {"file('a' * 256)", "file('ok'); link('l', 'x' * 4096, tarfile.SYMTYPE)",
                               "file('/'.join(['d' * 250] * 17))", "file('ok'); link('empty', '', tarfile.SYMTYPE)"}) {
        INFO(script);
        const auto refused = place.listing(place.archive(script), "opt/p", 0);
        REQUIRE_FALSE(refused);
        CHECK(refused.error().message.find("a layer cannot hold") != std::string::npos);
    }
    CHECK(place.listing(place.archive("file('a' * 255)"), "opt/p", 0));
    // 8 EiB of holes in one block of tar.
    const auto huge = place.listing(
        place.archive("i = tarfile.TarInfo('huge'); i.pax_headers = {'GNU.sparse.major': '0', 'GNU.sparse.minor': '1', "
                      "'GNU.sparse.name': 'huge', 'GNU.sparse.size': str(2**62), 'GNU.sparse.numblocks': '1', "
                      "'GNU.sparse.map': str(2**62) + ',0'}; t.addfile(i)"),
        "opt/p", 0);
    REQUIRE_FALSE(huge);
    CHECK(huge.error().message.find("'huge' has") != std::string::npos);
}

TEST_CASE("a kernel's source is unpacked without writing through a link of the archive") {
    Place place;
    const fs::path to = place.folder.path() / "source", outside = place.folder.path() / "outside";
    fs::create_directories(outside);
    const auto unpack = [&](const std::string& script, std::uint32_t strip) {
        fs::remove_all(to);
        fs::create_directories(to);
        return unpack_archive(place.archive(script), to, strip);
    };
    REQUIRE(
        unpack("file('p-1/src/run', b'#!', 0o755); file('p-1/a', b'text'); link('p-1/l', 'src/run', tarfile.SYMTYPE); "
               "link('p-1/h', 'p-1/a', tarfile.LNKTYPE); file('top')",
               1));
    CHECK(sys::read_file(to / "a").value() == "text");
    CHECK(sys::read_file(to / "h").value() == "text");
    CHECK(sys::read_file(to / "l").value() == "#!");
    CHECK((fs::status(to / "src/run").permissions() & fs::perms::owner_exec) != fs::perms::none);
    CHECK_FALSE(fs::exists(to / "top"));
    for (const std::string& script :
         {"link('d', '" + outside.string() + "', tarfile.SYMTYPE); file('d/x')", std::string("file('../outside/x')"),
          "link('a', '" + outside.string() + "', tarfile.SYMTYPE); link('a/b', 'x', tarfile.SYMTYPE)",
          std::string("file('a/x'); file('b/x', b'y')")}) {
        INFO(script);
        CHECK_FALSE(unpack(script, script.find("b/x") == std::string::npos ? 0 : 1));
    }
    CHECK(fs::is_empty(outside));
}
