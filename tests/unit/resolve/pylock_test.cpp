// SPDX-License-Identifier: Apache-2.0
#include "resolve/pylock.hpp"

#include "support/catch.hpp"

using namespace tmplbuild;

static const std::string hash(64, 'a');

TEST_CASE("packages are read with all their files") {
    const auto packages = parse_pylock(
        "lock-version = \"1.0\"\n[[packages]]\nname = \"Torch_X\"\nversion = \"1+cu1\"\n"
        "sdist = { url = \"https://a.test/t-1.tar.gz\", size = 5, hashes = { sha256 = \"" +
            hash +
            "\" } }\nwheels = [{ url = \"https://a.test/f/t-1%2Bcu1-py3-none-any.whl?x=y#z\", "
            "upload-time = 2026-11-01T11:20:05Z, hashes = { md5 = \"00\" } },\n"
            "{ url = \"file:///w/a%20b/t-1-py3-none-any.whl\" },\n"
            "{ path = \"../w/t-2-py3-none-any.whl\" }, { name = \"n.whl\", url = \"https://a.test/0\" }]\n",
        "/tmp/f");
    REQUIRE(packages);
    REQUIRE(packages->size() == 1);
    const PylockPackage& one = packages->front();
    CHECK(one.name == "torch-x");
    CHECK(one.version == "1+cu1");
    CHECK(one.sdist->name == "t-1.tar.gz");
    CHECK(one.sdist->size == 5);
    CHECK(one.sdist->sha256->hex() == hash);
    REQUIRE(one.wheels.size() == 4);
    CHECK(one.wheels[0].name == "t-1+cu1-py3-none-any.whl");
    CHECK(one.wheels[0].location == "https://a.test/f/t-1%2Bcu1-py3-none-any.whl?x=y#z");
    CHECK_FALSE(one.wheels[0].sha256);
    CHECK(one.wheels[1].location == "/w/a b/t-1-py3-none-any.whl");
    CHECK(one.wheels[2].location == "/tmp/w/t-2-py3-none-any.whl");
    CHECK(one.wheels[3].name == "n.whl");
}

TEST_CASE("nothing asked for is nothing locked; what has no index is refused") {
    CHECK(parse_pylock("lock-version = \"1.0\"\n", "/").value().empty());
    auto direct =
        parse_pylock("[[packages]]\nname = \"x\"\nvcs = { type = \"git\", url = \"https://me:secret@a.test\" }\n", "/");
    REQUIRE_FALSE(direct);
    CHECK(direct.error().kind == ErrorKind::usage);
    CHECK(direct.error().to_string().find("secret") == std::string::npos);
    const auto archive = parse_pylock(
        "[[packages]]\nname = \"x\"\nversion = \"1\"\narchive = { path = \"d/x-1.tar.gz\", hashes = { sha256 = \"" +
            hash + "\" } }\n",
        "/tmp");
    REQUIRE(archive);
    CHECK(archive->at(0).archive->location == "/tmp/d/x-1.tar.gz");
    CHECK_FALSE(parse_pylock("[[packages]]\nname = \"x\"\n", "/"));
    CHECK_FALSE(parse_pylock("[[packages]]\nname = \"x\"\nversion = \"1\"\nwheels = [{ size = 1 }]\n", "/"));
    CHECK_FALSE(
        parse_pylock("[[packages]]\nname=\"x\"\nversion=\"1\"\nwheels=[{ url=\"https://a.test/..%2fx\" }]\n", "/"));
}
