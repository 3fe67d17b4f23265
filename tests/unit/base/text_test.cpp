// SPDX-License-Identifier: Apache-2.0
#include "base/text.hpp"

#include "base/json.hpp"
#include "support/catch.hpp"

using namespace tmplbuild;

TEST_CASE("split keeps empty parts and join undoes it") {
    CHECK(split("a,,b", ',') == std::vector<std::string>{"a", "", "b"});
    CHECK(split("", ',') == std::vector<std::string>{""});
    CHECK(join(split("a,,b", ','), ",") == "a,,b");
}

TEST_CASE("the nearest name is offered only when it is near") {
    CHECK(nearest_name("requirments", {"requirements", "venv"}) == "requirements");
    CHECK(nearest_name("flies", {"files", "fetch"}) == "files");
    CHECK_FALSE(nearest_name("zebra", {"requirements", "venv"}));
    CHECK(did_you_mean("zebra", {"venv"}).empty());
}

TEST_CASE("sizes are read and shown with units") {
    CHECK(parse_bytes("512MiB").value() == 512ULL << 20);
    CHECK(parse_bytes("2GB").value() == 2'000'000'000ULL);
    CHECK(parse_bytes("100").value() == 100);
    CHECK_FALSE(parse_bytes("-1"));
    CHECK_FALSE(parse_bytes("99999999999999999999GB"));
    CHECK(human_bytes(171'300'000) == "171.3 MB");
}

TEST_CASE("what an address cannot hold is written in hex") {
    CHECK(percent_encoded("a b/\xc3\xa9~") == "a%20b%2F%C3%A9~");
    CHECK(percent_encoded("a b/c", "/") == "a%20b/c");
}

TEST_CASE("a whole number is digits alone, within its bounds") {
    CHECK(parse_whole("120", 1, 120) == 120);
    CHECK(parse_whole("-3", -5, 5) == -3);
    for (const char* text : {"", "0", "121", "1s", " 1", "1 ", "0x10", "1e2", "+1", "99999999999999999999"}) {
        INFO(text);
        CHECK_FALSE(parse_whole(text, 1, 120));
    }
}

TEST_CASE("an image path is absolute and stays inside") {
    CHECK(parse_image_path("/opt/x").value() == "opt/x");
    CHECK(parse_image_path("/opt//x/").value() == "opt/x");
    for (const char* bad : {"opt", "/opt/../etc", "/./x", ""}) CHECK_FALSE(parse_image_path(bad));
}

TEST_CASE("canonical JSON sorts keys and pretty JSON keeps their order") {
    auto parsed = json::parse(R"({"b": [1, {"d": 1, "c": 2}], "a": "x"})", "test");
    REQUIRE(parsed);
    CHECK(json::canonical(*parsed) == R"({"a":"x","b":[1,{"c":2,"d":1}]})");
    CHECK(json::parse(json::pretty(*parsed), "again").value() == *parsed);
    CHECK_FALSE(json::parse("{\"a\":1} x", "test"));
    CHECK_FALSE(json::parse(std::string(100, '[') + std::string(100, ']'), "deep"));
}
