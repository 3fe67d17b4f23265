// SPDX-License-Identifier: Apache-2.0
#include "resolve/package_index.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "support/catch.hpp"
#include "support/fake_http.hpp"
#include "support/fake_http_server.hpp"
#include "sys/file.hpp"

using namespace tmplbuild;
namespace fs = std::filesystem;

static const std::string a64(64, 'a'), b64(64, 'b');

TEST_CASE("links of an HTML page are read as browsers read them") {
    const auto links = parse_simple_html(
        "<!DOCTYPE html><html><head><meta name='x' content='>'><BASE HREF=\"../files/\"></head>\n"
        "<!-- <a href='no.whl'>no</a> -->\n<a data-x=\"a > b\" href=\"x-1.whl#sha256=" +
            a64 +
            "\">x-1.whl</a>\n"
            "<A Href='y%2B1.whl?a=1&amp;b=2'>y</A><a class=c href=z.whl>z</a><a>none</a>"
            "<a href=\"https://me:word@other.test/w&#45;1.whl\">w</a><a href='mailto:me@a.test'>m</a><a "
            "href='/top/t.whl' disabled>t</a><a href=",
        "https://a.test/simple/x/");
    REQUIRE(links.size() == 5);
    CHECK(links[0].file == "x-1.whl");
    CHECK(links[0].url == "https://a.test/simple/files/x-1.whl");
    CHECK(links[0].sha256->hex() == a64);
    CHECK(links[1].file == "y+1.whl");
    CHECK(links[1].url == "https://a.test/simple/files/y%2B1.whl?a=1&b=2");
    CHECK_FALSE(links[1].sha256);
    CHECK(links[2].url == "https://a.test/simple/files/z.whl");
    CHECK(links[3].url == "https://other.test/w-1.whl");
    CHECK(links[4].url == "https://a.test/top/t.whl");
    CHECK(parse_simple_html("", "https://a.test/").empty());
    CHECK(parse_simple_html("<a = = href", "https://a.test/").empty());
}

TEST_CASE("links of a JSON page are read, and something else is an error") {
    const auto links =
        parse_simple_json(R"({"files": [{"filename": "x-1.whl", "url": "../../x-1.whl", "hashes": {"sha256": ")" + a64 +
                              R"("}}, {"filename": "y.whl", "url": "https://b.test/y.whl", "hashes": {}},
                                             {"filename": "bad.whl", "url": "ftp://b.test/y.whl"}, 7]})",
                          "https://a.test/simple/x/");
    REQUIRE(links);
    REQUIRE(links->size() == 2);
    CHECK(links->at(0).url == "https://a.test/x-1.whl");
    CHECK(links->at(0).sha256->hex() == a64);
    CHECK(links->at(1).file == "y.whl");
    CHECK_FALSE(parse_simple_json("[]", "https://a.test/"));
    CHECK_FALSE(parse_simple_json("<html>", "https://a.test/"));
}

TEST_CASE("a file is found by name and hash: folders first, then pages, then indexes in order") {
    const auto folder = sys::TempDirectory::make(fs::temp_directory_path(), "index-test-").value();
    const auto put = [&](const std::string& path, const std::string& text) {
        REQUIRE(sys::write_file_atomic(folder.path() / path, text));
    };
    const std::string name = "x_y-1-py3-none-any.whl";
    put("wheels/" + name, "wheel");
    put("page/" + name, "wheel");
    put("html/x-y/" + name, "wheel");
    FakeHttpServer server({"--folder", folder.path()});
    LockedDistribution wanted;
    wanted.name = "x-y";
    wanted.version = "1";
    wanted.file = name;
    wanted.sha256 = Sha256::of("wheel");
    PipSettings settings;
    settings.find_links = {(folder.path() / "none").string(), (folder.path() / "wheels").string(), server.at("/page/")};
    io::HttpClient http;
    PackageIndex index(settings, {server.at("/absent"), server.at("/html/")}, http);
    for (int times = 0; times < 2; ++times) {
        auto found = index.find(wanted, {});
        REQUIRE(found);
        CHECK(found->locations == std::vector<std::string>{(folder.path() / "wheels" / name).string(),
                                                           server.at("/page/" + name), server.at("/html/x-y/" + name)});
        CHECK(found->reasons.size() == 2);
    }
    const auto requests = server.requests(5);  // a page of links is read once, a project's page each time
    CHECK(std::count(requests.begin(), requests.end(), "GET /page/") == 1);
    CHECK(std::count(requests.begin(), requests.end(), "GET /html/x-y/") == 2);

    const PipSettings none;
    PackageIndex other(none, {server.at("/status?status=404&x=")}, http);
    CHECK(other.find(wanted, {}).value().locations.empty());
    PackageIndex refused(none, {server.at("/status?status=401&x=")}, http);
    auto unauthorized = refused.find(wanted, {});
    REQUIRE_FALSE(unauthorized);
    CHECK(unauthorized.error().kind == ErrorKind::network);
    CHECK(unauthorized.error().hint.find("netrc") != std::string::npos);
}

TEST_CASE("a file whose hash the index knows to be another is not fetched") {
    const auto folder = sys::TempDirectory::make(fs::temp_directory_path(), "index-test-").value();
    REQUIRE(sys::write_file_atomic(
        folder.path() / "x/index.json",
        R"({"files": [{"filename": "x-1.whl", "url": "w.whl", "hashes": {"sha256": ")" + b64 + R"("}}]})"));
    FakeHttpServer server({"--folder", folder.path()});
    io::HttpClient http;
    const PipSettings settings;
    PackageIndex index(settings, {server.at("")}, http);
    LockedDistribution wanted;
    wanted.name = "x";
    wanted.file = "x-1.whl";
    wanted.sha256 = Digest::parse_hex(a64).value();
    auto found = index.find(wanted, {});
    REQUIRE(found);
    CHECK(found->locations.empty());
    REQUIRE(found->reasons.size() == 1);
    CHECK(found->reasons[0].find("another file of this name") != std::string::npos);
    wanted.sha256 = Digest::parse_hex(b64).value();
    CHECK(index.find(wanted, {}).value().locations == std::vector<std::string>{server.at("/x/w.whl")});
}

namespace {

// Indexes "first" and "second" of a host, whose pages for "flash-attn" link these files; empty: they lack the project.
struct TwoIndexes {
    FakeHttp http;
    PipSettings settings;
    TwoIndexes(const std::string& first, const std::string& second) {
        put("first", first);
        put("second", second);
    }
    void put(const std::string& index, const std::string& files) {
        io::HttpResponse& answer = http.answers["GET https://a.test/" + index + "/flash-attn/"];
        answer.status = files.empty() ? 404 : 200;
        answer.final_url = "https://a.test/" + index + "/flash-attn/";
        for (const std::string& file : split(files, ' ')) answer.body += "<a href='" + file + "'>f</a>";
    }
    Result<SdistSearch> find(const std::string& version) {
        PackageIndex index(settings, {"https://a.test/first", "https://a.test/second/"}, http);
        return index.find_sdist("flash-attn", version, {});
    }
    // The file's address, or the reasons.
    std::string found(const std::string& version) {
        const SdistSearch search = find(version).value();
        return search.link ? search.link->url : join(search.reasons, "\n");
    }
};

}  // namespace

TEST_CASE("an sdist is found by its exact version, whatever its name is spelled like") {
    TwoIndexes both(
        "flash_attn-2.8.3-cp311-cp311-linux_x86_64.whl flash-attn-2.8.3.zip Flash_Attn-2.8.3.tar.gz#sha256=" + a64 +
            " flash-attn-more-2.8.4.tar.gz flash_attn-2.8.3.linux-x86_64.tar.gz flash_attn-2.9-py3-none-any.whl "
            "flash_attn-3.0.tar.gz flash_attn-3.0.1rc1.tar.gz",
        "flash_attn-2.9.tar.gz flash_attn-2.8.3.tar.gz");
    CHECK(both.found("2.8.3") == "https://a.test/first/flash-attn/Flash_Attn-2.8.3.tar.gz");
    CHECK(both.find("2.8.3").value().link->sha256->hex() == a64);
    CHECK(both.found("3") == "https://a.test/first/flash-attn/flash_attn-3.0.tar.gz");
    CHECK(both.found("3.0.1rc1") == "https://a.test/first/flash-attn/flash_attn-3.0.1rc1.tar.gz");
    // The first index that has the project at all decides.
    CHECK(both.found("2.9") == "https://a.test/first/flash-attn/: has only wheels of 2.9");
    CHECK(both.found("2.8.4") ==
          "https://a.test/first/flash-attn/: has no version 2.8.4; the last that it names is 3.0.1rc1");
    both.settings.index_strategy = IndexStrategy::unsafe_best_match;
    CHECK(both.found("2.9") == "https://a.test/second/flash-attn/flash_attn-2.9.tar.gz");
    TwoIndexes second("", "flash_attn-2.9.tar.gz");
    CHECK(second.found("2.9") == "https://a.test/second/flash-attn/flash_attn-2.9.tar.gz");
    TwoIndexes none("", "");
    CHECK(none.found("1") ==
          "https://a.test/first/flash-attn/: has no project of this name\n"
          "https://a.test/second/flash-attn/: has no project of this name");
}

TEST_CASE("an sdist is not taken from another index where the first one cannot be asked, and folders come first") {
    TwoIndexes both("flash_attn-1.tar.gz", "flash_attn-1.tar.gz");
    both.http.answers.erase("GET https://a.test/first/flash-attn/");
    REQUIRE_FALSE(both.find("1"));
    CHECK(both.find("1").error().kind == ErrorKind::network);
    const auto folder = sys::TempDirectory::make(fs::temp_directory_path(), "index-test-").value();
    REQUIRE(sys::write_file_atomic(folder.path() / "flash_attn-1.tar.gz", "sdist"));
    both.settings.find_links = {folder.path().string()};
    CHECK(both.found("1") == (folder.path() / "flash_attn-1.tar.gz").string());
}
