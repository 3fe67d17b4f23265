// SPDX-License-Identifier: Apache-2.0
#include "io/archive.hpp"

#include <clocale>
#include <cstring>
#include <fstream>
#include <map>

#include "io/process.hpp"
#include "support/catch.hpp"
#include "support/zip_file.hpp"
#include "sys/fd.hpp"
#include "sys/file.hpp"

namespace fs = std::filesystem;
using namespace tmplbuild;
using namespace tmplbuild::io;

namespace {

struct Found {
    ArchiveEntry entry;
    std::string content;
};

Result<std::map<std::string, Found>> read_all(Result<ArchiveReader> opened) {
    if (!opened) return opened.error();
    std::map<std::string, Found> out;
    for (;;) {
        auto entry = opened->next();
        if (!entry) return entry.error();
        if (!*entry) return out;
        Found found{**entry, {}};
        std::vector<std::byte> buffer(1000);
        for (;;) {
            auto got = opened->read(buffer);
            if (!got) return got.error();
            if (*got == 0) break;
            found.content.append(reinterpret_cast<const char*>(buffer.data()), *got);
        }
        out[found.entry.path] = std::move(found);
    }
}

std::string tar_of(const std::vector<std::pair<TarHeader, std::string>>& entries) {
    std::string out;
    TarWriter writer([&](std::span<const std::byte> data) -> Result<void> {
        out.append(reinterpret_cast<const char*>(data.data()), data.size());
        return {};
    });
    for (auto [header, content] : entries) {
        header.size = content.size();
        REQUIRE(writer.header(header));
        REQUIRE(writer.data(sys::as_bytes(content)));
    }
    REQUIRE(writer.finish());
    return out;
}

ByteSource source_of(std::string text) {
    return [text = std::move(text), at = std::size_t{0}](std::span<std::byte> into) mutable -> Result<std::size_t> {
        const std::size_t n = std::min(into.size(), text.size() - at);
        std::memcpy(into.data(), text.data() + at, n);
        at += n;
        return n;
    };
}
Result<std::map<std::string, Found>> read_tar(const std::string& text) {
    return read_all(ArchiveReader::tar(source_of(text), "test"));
}

struct Place {
    sys::TempDirectory folder = sys::TempDirectory::make(fs::temp_directory_path(), "archive-test-").value();
    fs::path tree = folder.path() / "tree";

    Result<std::map<std::string, Found>> made_by(const std::vector<std::string>& argv, const std::string& file) const {
        SystemProcessRunner runner;
        auto ran = runner.run({.argv = argv, .directory = tree}, {});
        REQUIRE(ran);
        INFO(ran->tail_text());
        REQUIRE(ran->exit_code == 0);
        return read_all(ArchiveReader::open(folder.path() / file));
    }
};

}  // namespace

TEST_CASE("tar in every compression and zip are read by content") {
    Place place;
    fs::create_directories(place.tree / "a/b");
    const std::string long_name(180, 'n');
    std::ofstream(place.tree / "a/b/script") << "#!/bin/sh\n";
    std::ofstream(place.tree / "a" / long_name) << std::string(300'000, 'x');
    fs::permissions(place.tree / "a/b/script", fs::perms(0755));
    fs::create_symlink("b/script", place.tree / "a/link");
    fs::create_hard_link(place.tree / "a/b/script", place.tree / "a/second");
    const std::string out = (place.folder.path() / "archive").string();
    const std::vector<std::vector<std::string>> commands = {
        {"tar", "-cf", out, "./a"},
        {"tar", "-czf", out, "a"},
        {"tar", "-cjf", out, "a"},
        {"tar", "-cJf", out, "a"},
        {"tar", "--zstd", "-cf", out, "a"},
        {"tar", "--format=pax", "-cf", out, "a"},
        {"python3", "-c",
         "import zipfile,os,stat,sys\n"
         "z=zipfile.ZipFile(sys.argv[1],'w',zipfile.ZIP_DEFLATED)\n"
         "[z.write(os.path.join(d,f)) for d,_,fs in os.walk('a') for f in fs+['.'] if not "
         "os.path.islink(os.path.join(d,f))]\n"
         "i=zipfile.ZipInfo('a/link'); i.create_system=3; i.external_attr=(stat.S_IFLNK|0o777)<<16\n"
         "z.writestr(i,'b/script'); z.close()",
         out},
    };
    for (const auto& command : commands) {
        INFO(command[0] << " " << command[1]);
        auto found = place.made_by(command, "archive");
        REQUIRE(found);
        CHECK(found->at("a").entry.type == ArchiveEntry::Type::directory);
        const Found& script = found->at("a/b/script");
        const Found& second = found->at("a/second");
        const bool is_zip = command[0] == "python3";
        CHECK((script.content + second.content) == (is_zip ? "#!/bin/sh\n#!/bin/sh\n" : "#!/bin/sh\n"));
        CHECK((script.entry.type == ArchiveEntry::Type::hardlink ? script.entry.link : "a/b/script") ==
              (script.entry.type == ArchiveEntry::Type::hardlink ? "a/second" : "a/b/script"));
        CHECK(script.entry.mode == 0755);
        CHECK(found->at("a/link").entry.type == ArchiveEntry::Type::symlink);
        CHECK(found->at("a/link").entry.link == "b/script");
        CHECK(found->at("a/" + long_name).content.size() == 300'000);
        fs::remove(out);
    }
}

TEST_CASE("names stay the bytes that they were, in pax records too") {
    Place place;
    fs::create_directories(place.tree);
    const std::string hungarian = "NetLock_F\xc5\x91tan\xc3\xbas\xc3\xadtv\xc3\xa1ny.crt", latin = "caf\xe9";
    std::ofstream(place.tree / hungarian) << "1";
    std::ofstream(place.tree / latin) << "2";
    fs::create_symlink(hungarian, place.tree / "link");
    const std::string out = (place.folder.path() / "archive").string();
    for (const char* format : {"--format=gnu", "--format=pax", "--format=ustar"}) {
        INFO(format);
        auto found = place.made_by({"tar", format, "-cf", out, "."}, "archive");
        REQUIRE(found);
        CHECK(found->contains(""));
        CHECK(found->at(hungarian).content == "1");
        CHECK(found->at(latin).content == "2");
        CHECK(found->at("link").entry.link == hungarian);
    }
    // Python, as Go's archive/tar, writes names that are no ASCII as pax records in UTF-8 with no character set named.
    auto python = place.made_by({"python3", "-c",
                                 "import tarfile,sys\nt=tarfile.open(sys.argv[1],'w',format=tarfile.PAX_FORMAT)\n"
                                 "t.add('.'); t.close()",
                                 out},
                                "archive");
    REQUIRE(python);
    CHECK(python->at(hungarian).content == "1");
    CHECK(python->at("link").entry.link == hungarian);
    auto ours = read_tar(tar_of({{{.path = latin}, "x"}, {{.path = hungarian}, "y"}}));
    REQUIRE(ours);
    CHECK(ours->at(latin).content == "x");
    CHECK(ours->at(hungarian).content == "y");
}

TEST_CASE("a tar's bytes do not depend on the locale, and plain names need no record of their own") {
    const std::vector<std::pair<TarHeader, std::string>> entries = {
        {{.path = "plain"}, ""}, {{.path = "F\xc5\x91"}, ""}, {{.path = "caf\xe9"}, ""}};
    const std::string tar = tar_of(entries);
    REQUIRE(std::setlocale(LC_ALL, "C.UTF-8") != nullptr);
    const std::string again = tar_of(entries);
    CHECK(read_tar(tar)->contains("F\xc5\x91"));
    CHECK(read_tar(tar)->contains("caf\xe9"));
    std::setlocale(LC_ALL, "C");
    CHECK(again == tar);
    CHECK(tar_of({{{.path = "plain"}, ""}}).size() == 1536);  // a header and the end's two empty records
}

TEST_CASE("owners, devices, times and attributes come along") {
    TarHeader file{.path = "f", .mode = 04755, .uid = 3'000'000, .gid = 42, .mtime = 1'700'000'000};
    file.xattrs = {{"security.capability", std::string("\1\0\0\2\0\x20", 6)}, {"user.note", "hi"}};
    TarHeader device{.path = "null", .type = TarHeader::Type::character_device, .mode = 0666};
    device.device_major = 1;
    device.device_minor = 3;
    auto found = read_tar(tar_of({{file, "text"}, {device, ""}, {{.path = "p", .type = TarHeader::Type::fifo}, ""}}));
    REQUIRE(found);
    const ArchiveEntry& entry = found->at("f").entry;
    CHECK(entry.mode == 04755);
    CHECK(entry.uid == 3'000'000);
    CHECK(entry.gid == 42);
    CHECK(entry.mtime == 1'700'000'000);
    CHECK(entry.xattrs == file.xattrs);
    CHECK(found->at("null").entry.type == TarHeader::Type::character_device);
    CHECK(found->at("null").entry.device_major == 1);
    CHECK(found->at("null").entry.device_minor == 3);
    CHECK(found->at("p").entry.type == TarHeader::Type::fifo);
}

TEST_CASE("names that lead out of an archive are refused") {
    auto refused = [](const TarHeader& header) {
        auto found = read_tar(tar_of({{header, ""}}));
        REQUIRE_FALSE(found);
        return found.error().message;
    };
    CHECK(refused({.path = "../x"}).find("'..'") != std::string::npos);
    CHECK(refused({.path = "a/../../x"}).find("'..'") != std::string::npos);
    CHECK(refused({.path = "a/.."}).find("'..'") != std::string::npos);
    CHECK(refused({.path = "h", .type = TarHeader::Type::hardlink, .link = "../x"}).find("hard link") !=
          std::string::npos);
    CHECK(refused({.path = "."}).find("no name") != std::string::npos);
    // In a layer the root is the tree's own; in a fetched archive an absolute name is somebody's mistake or worse.
    const std::string absolute = tar_of({{{.path = "/etc/x"}, "1"}});
    CHECK(read_tar(absolute)->contains("etc/x"));
    Place place;
    REQUIRE(sys::write_file_atomic(place.folder.path() / "f", absolute));
    auto opened = read_all(ArchiveReader::open(place.folder.path() / "f"));
    REQUIRE_FALSE(opened);
    CHECK(opened.error().message.find("absolute") != std::string::npos);
    auto odd = read_tar(tar_of({{{.path = ".//a/./b//c"}, "1"}}));
    CHECK(odd->contains("a/b/c"));
}

TEST_CASE("what is no archive, or half of one, is an error") {
    Place place;
    const fs::path file = place.folder.path() / "f";
    for (const std::string& text :
         {std::string("just text, long enough to be no header of anything at all\n"), std::string()}) {
        REQUIRE(sys::write_file_atomic(file, text));
        auto found = read_all(ArchiveReader::open(file));
        REQUIRE_FALSE(found);
        CHECK(found.error().message.find(file.string()) != std::string::npos);
    }
    const std::string whole = tar_of({{{.path = "a"}, std::string(5000, 'x')}});
    REQUIRE(sys::write_file_atomic(file, whole.substr(0, 3000)));
    CHECK_FALSE(read_all(ArchiveReader::open(file)));
    CHECK_FALSE(ArchiveReader::open(place.folder.path() / "absent"));
}

TEST_CASE("a tar may end with the last byte of its last file, and nowhere else") {
    const std::string tar = tar_of({{{.path = "a"}, std::string(700, 'a')}, {{.path = "b"}, std::string(600, 'b')}});
    REQUIRE(tar.size() % 512 == 0);
    const std::size_t end = 512 + 1024 + 512 + 600;  // of b's content
    const auto whole = read_tar(tar.substr(0, end));
    REQUIRE(whole);
    CHECK(whole->at("b").content == std::string(600, 'b'));
    CHECK(read_tar(tar.substr(0, end + 100)));                // some of the padding is there
    CHECK(read_tar(tar.substr(0, 512 + 700)));                // it is the same of any file that is the last one
    CHECK(read_tar(tar.substr(0, 512 + 1024 + 512 + 1024)));  // all of it, and no end mark
    for (const std::size_t cut : {end - 1, end - 600, end - 601, end - 700, std::size_t{512 + 699}, std::size_t{511},
                                  std::size_t{400}, end + 424 + 100}) {
        INFO(cut);
        CHECK_FALSE(read_tar(tar.substr(0, cut)));
    }
    // The content is not made up, though nobody asks for what follows it.
    auto opened = ArchiveReader::tar(source_of(tar.substr(0, end - 1)), "cut");
    REQUIRE(opened);
    REQUIRE(opened->next());
    REQUIRE(opened->next());
    std::vector<std::byte> content(600);
    CHECK_FALSE(opened->read(content));
    // Whoever does not read the content is told as well.
    auto skipped = ArchiveReader::tar(source_of(tar.substr(0, end - 1)), "cut");
    REQUIRE(skipped);
    REQUIRE(skipped->next());
    REQUIRE(skipped->next());
    CHECK_FALSE(skipped->next());
}

TEST_CASE("a file with holes has the size that it had, holes at its end and all of it hole included") {
    Place place;
    fs::create_directories(place.tree);
    const auto sparse = [&](const char* name, std::uint64_t size, std::uint64_t at, const std::string& text) {
        std::ofstream(place.tree / name).close();
        fs::resize_file(place.tree / name, size);
        std::fstream file(place.tree / name, std::ios::in | std::ios::out | std::ios::binary);
        file.seekp(static_cast<std::streamoff>(at));
        file << text;
    };
    sparse("all", 1 << 20, 0, "");
    sparse("end", 1 << 20, 0, "begin");
    sparse("begin", 1 << 20, (1 << 20) - 3, "end");
    sparse("middle", 3 << 20, 1 << 20, "text");
    sparse("none", 5, 0, "whole");
    const std::string out = (place.folder.path() / "archive").string();
    for (const std::vector<std::string>& options :
         std::vector<std::vector<std::string>>{{"--format=gnu"},
                                               {"--format=pax", "--sparse-version=0.0"},
                                               {"--format=pax", "--sparse-version=0.1"},
                                               {"--format=pax", "--sparse-version=1.0"}}) {
        INFO(options.back());
        std::vector<std::string> argv = {"tar", "-S", "-cf", out};
        argv.insert(argv.end(), options.begin(), options.end());
        argv.insert(argv.end(), {"all", "end", "begin", "middle", "none"});
        const auto found = place.made_by(argv, "archive");
        REQUIRE(found);
        const std::string mega(1 << 20, '\0');
        CHECK(found->at("all").content == mega);
        CHECK(found->at("end").content == "begin" + mega.substr(5));
        CHECK(found->at("begin").content == mega.substr(3) + "end");
        CHECK(found->at("middle").content == mega + "text" + mega + mega.substr(4));
        CHECK(found->at("none").content == "whole");
    }
}

TEST_CASE("a zip's names are the bytes that they were, in any alphabet and any form of it") {
    Place place;
    // "é" as one sign and as two, Japanese, and a name in another code page than UTF-8, marked as it should be.
    const std::vector<std::pair<std::string, std::uint16_t>> names = {{"caf\xc3\xa9", 0x800},
                                                                      {"cafe\xcc\x81", 0x800},
                                                                      {"\xe6\x97\xa5\xe6\x9c\xac/\xc3\xbc.txt", 0x800},
                                                                      {"caf\x82", 0}};
    std::vector<test::ZipItem> items;
    for (const auto& [name, flags] : names) items.push_back({.name = name, .content = name, .flags = flags});
    items.push_back({.name = "link", .content = names[2].first, .mode = 0120777});
    items.push_back({.name = "folder/", .content = "", .mode = 0040755});
    const fs::path file = place.folder.path() / "z.zip";
    REQUIRE(sys::write_file_atomic(file, test::zip_bytes(items)));
    const auto found = read_all(ArchiveReader::open(file));
    REQUIRE(found);
    for (const auto& [name, flags] : names) CHECK(found->at(name).content == name);
    CHECK(found->at("link").entry.link == names[2].first);
    CHECK(found->at("folder").entry.type == ArchiveEntry::Type::directory);

    for (const std::string& bad : {std::string("../x"), std::string("/x"), std::string("a/../../x")}) {
        REQUIRE(sys::write_file_atomic(file, test::zip_bytes({{.name = bad, .content = "x"}})));
        CHECK_FALSE(read_all(ArchiveReader::open(file)));
    }
    REQUIRE(sys::write_file_atomic(file, test::zip_bytes({{.name = "dev", .content = "", .mode = 0020666}})));
    CHECK_FALSE(read_all(ArchiveReader::open(file)));
}
