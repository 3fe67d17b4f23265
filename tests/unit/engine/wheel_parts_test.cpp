// SPDX-License-Identifier: Apache-2.0
#include "engine/python/metadata.hpp"
#include "engine/python/ownership.hpp"
#include "engine/python/record.hpp"
#include "engine/python/venv_place.hpp"
#include "python_place.hpp"

using namespace tmplbuild;

TEST_CASE("hashes are written as RECORD writes them") {
    CHECK(NamedHash::sha256("") == "sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU");
    // From RFC 6234's "abc": 48 and 64 bytes end on and off a group of three.
    auto of = [](const char* algorithm) {
        NamedHash hash = NamedHash::make(algorithm).value();
        hash.update(std::as_bytes(std::span("abc", 3)));
        return hash.finish();
    };
    CHECK(of("sha384") == "sha384=ywB1P0WjXou1oD1pmsZQBycsMqsO3tFjGotgWkP_W-2AhgcroefMI1i67KE0yCWn");
    CHECK(of("sha512") ==
          "sha512=3a81oZNherrMQXNJriBBMRLm-k6JqX6iCp7u5ktV05ohkpkqJ0_BqDa6PCOj_uu9RU1EI2Q86A4qmslPpUyknw");
    CHECK_FALSE(NamedHash::make("md5"));
    CHECK_FALSE(NamedHash::make_for("deadbeef"));
}

TEST_CASE("RECORD is read and written as Python's csv does it") {
    const auto rows = parse_record("a,sha256=x,1\r\n\"b,\"\"q\"\"\",sha256=yy==,2\nc,,\n\nd").value();
    REQUIRE(rows.size() == 4);
    CHECK(rows[1].path == "b,\"q\"");
    CHECK(rows[1].hash == "sha256=yy");
    CHECK(rows[2].hash.empty());
    CHECK(rows[3].path == "d");
    CHECK(write_record({{"z", "h", "1"}, {"b,\"q\"", "", ""}}) == "\"b,\"\"q\"\"\",,\r\nz,h,1\r\n");
    CHECK_FALSE(parse_record("\"open"));
    CHECK_FALSE(parse_record("a,b,c,d"));
}

TEST_CASE("headers and names") {
    CHECK(find_header("Name: a\r\nVERSION:  1.0 \r\n\r\nHome: x", "version").value() == "1.0");
    CHECK_FALSE(find_header("A: 1\n\nName: body", "Name"));
    CHECK_FALSE(find_header("A: 1\n Name: folded", "Name"));
}

TEST_CASE("entry points: the scripts, sorted, and nothing that is no script") {
    const auto entries = parse_entry_points(
                             "[console_scripts]\nb = x.y:main\n# no\na=m : f.g [extra]\n[other]\nc = nonsense\n"
                             "[gui_scripts]\ng = m:f\nb = m:f\n")
                             .value();
    REQUIRE(entries.size() == 3);
    CHECK(entries[0].name == "a");
    CHECK(entries[0].module == "m");
    CHECK(entries[0].function == "f.g");
    CHECK(entries[1].module == "x.y");
    for (const char* bad : {"a", "a = m", "a = m:", "= m:f", "../a = m:f", ".. = m:f", "a = m;import os:f", "a = m:f()",
                            "a = m..n:f", "a = 1m:f", "-a = m:f", "a\tb/c = m:f"})
        CHECK_FALSE(parse_entry_points(std::string("[console_scripts]\n") + bad + "\n"));
}

TEST_CASE("a venv's place: folders by the interpreter, first lines that the kernel can take") {
    PythonFacts python = test::host_python();
    python.version = "3.13.1";
    python.soabi = "cpython-313-x86_64-linux-gnu";
    const auto place = VenvPlace::make("/opt/venv/", python).value();
    CHECK(place.inside("bin/x") == "opt/venv/bin/x");
    CHECK(place.site_packages() == "lib/python3.13/site-packages");
    CHECK(place.headers("Thing") == "include/site/python3.13/Thing");
    CHECK(place.script_head() == "#!/opt/venv/bin/python\n");
    python.soabi = "cpython-313t-x86_64-linux-gnu";
    CHECK(VenvPlace::make("/opt/venv", python).value().library() == "lib/python3.13t");
    auto head = [&](std::size_t length) {  // of the first line, newline included
        return VenvPlace::make("/" + std::string(length - 15, 'v'), python).value().script_head();
    };
    CHECK(head(127).size() == 127);
    CHECK(head(127).starts_with("#!/vvv"));
    CHECK(head(128).starts_with("#!/bin/sh\n'''exec' \"/vvv"));
    CHECK(VenvPlace::make("/a b", python).value().script_head().starts_with("#!/bin/sh\n"));
    for (const char* bad : {"/", "/a'b", "/a$b", "/a\\b", "/a\"b", "/a:b", "venv", "/a/../b"})
        CHECK_FALSE(VenvPlace::make(bad, python));
}

TEST_CASE("of two distributions that may share files the later name wins, and it is said") {
    const auto wheel = [](const std::string& name, const std::string& hash) {
        Wheel out;
        out.name = name;
        out.version = "1.0";
        out.files.resize(2);
        out.files[0].path = "lib/same.py";
        out.files[0].hash = "equal";
        out.files[1].path = "lib/x.py";
        out.files[1].hash = hash;
        return out;
    };
    std::vector<Wheel> wheels = {wheel("cv", "a"), wheel("cv-headless", "b")};
    const auto said = settle_ownership(wheels, {}, {"cv", "cv-headless"});
    REQUIRE(said);
    CHECK(*said ==
          std::vector<std::string>{"cv-headless 1.0 stands over cv 1.0 in 1 file that both bring (allow_shared)"});
    CHECK(wheels[0].files[1].left_out);
    CHECK_FALSE(wheels[1].files[1].left_out);
    wheels = {wheel("cv", "a"), wheel("cv-headless", "a")};
    CHECK(settle_ownership(wheels, {}, {"cv", "cv-headless"})->empty());
}
