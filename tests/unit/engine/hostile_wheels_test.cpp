// SPDX-License-Identifier: Apache-2.0
#include "python_place.hpp"

using namespace test;

namespace {

// What the step says to one wheel; nothing may be left in the store's temporary folder.
std::string refusal_of(const TestWheel& wheel) {
    PythonPlace place;
    place.add(wheel);
    const std::string said = place.refusal();
    CHECK(fs::is_empty(place.store.root() / "tmp"));
    return said;
}

std::string refusal_of(const std::string& member) { return refusal_of(TestWheel{.items = {{member, "x"}}}); }

}  // namespace

TEST_CASE("a wheel that would write elsewhere is refused by the member's name") {
    for (const char* name : {"../evil.py", "a/../../evil.py", "/etc/evil", "a//b", "./a", "a/./b", "a\\b",
                             "thing-1.0.data/data/../../evil", "thing-1.0.data/scripts/../evil", "a\nb", "a/../b"})
        CHECK(says(refusal_of(name), "the member '" + std::string(name) + "' of the wheel "));
    CHECK(says(refusal_of("caf\xe9.py"), "is not UTF-8"));
    CHECK(says(refusal_of("\xed\xa0"), "is not UTF-8"));
    CHECK(says(refusal_of(std::string(256, 'x')), "too long"));
    CHECK(refusal_of("caf\xc3\xa9.txt").empty());
    CHECK(says(refusal_of(TestWheel{.items = {{"link", "/etc/passwd", 0120777}}}), "'link' of the wheel is a link"));
    CHECK(says(refusal_of(TestWheel{.items = {{"pipe", "", 0010644}}}), "special file"));
    CHECK(says(refusal_of("thing-1.0.data/secret/x"), "unknown scheme 'secret'"));
    CHECK(says(refusal_of("thing-1.0.data/x"), "in no scheme's folder"));
    CHECK(says(refusal_of(TestWheel{.entry_points = "[console_scripts]\n../../x = m:f\n"}), "no file may have"));
}

TEST_CASE("the venv's own files are nobody else's") {
    for (const char* name : {"bin/python", "bin/activate", "pyvenv.cfg", "lib64"})
        CHECK(says(refusal_of("thing-1.0.data/data/" + std::string(name)),
                   "thing 1.0 would replace '" + std::string(name) + "', which belongs to the venv itself"));
    CHECK(says(refusal_of("thing-1.0.data/scripts/python3"), "belongs to the venv itself"));
    CHECK(says(refusal_of("thing-1.0.data/data/bin"), "'bin' is a file of thing 1.0 and a folder of the venv itself"));
    CHECK(says(refusal_of("thing-1.0.data/data/include"), "is a file of thing 1.0"));
    CHECK(says(refusal_of("thing-1.0.data/data/bin/python/x"), "'bin/python' is a file of the venv itself"));
}

TEST_CASE("what RECORD does not vouch for is refused") {
    TestWheel wheel{.items = {{"thing/a.py", "x = 1\n"}, {"thing-1.0.data/scripts/s", "#!python\n"}}};
    for (const char* name : {"thing/a.py", "thing-1.0.data/scripts/s", "thing-1.0.dist-info/METADATA"}) {
        wheel.record = {{name, NamedHash::sha256("other")}};
        const std::string said = refusal_of(wheel);
        CHECK(says(said, "does not have the hash that its RECORD gives"));
        CHECK(says(said, fs::path(name).filename()));
        CHECK(says(said, "thing"));
        wheel.record = {{name, "-"}};
        CHECK(says(refusal_of(wheel), "its RECORD has no hash of the file '" + std::string(name) + "', of 4 files"));
        CHECK(says(refusal_of(wheel), "allow_bad_record = [\"thing\"]"));
    }
    wheel.record = {{"thing/a.py", "md5=x"}};
    CHECK(says(refusal_of(wheel), "'md5' is no hash algorithm"));
    wheel.record = {};
    wheel.items[0].crc_error = 7;
    CHECK(says(refusal_of(wheel), "'thing/a.py' is damaged"));
}

TEST_CASE("a wrong RECORD is replaced by a right one where the distribution is named") {
    // As in selenium 4.1.0 (absolute paths) and FMPy 0.3.15 (files that came later).
    TestWheel wheel{.items = {{"thing/a.py", "x = 1\n"}, {"thing/late.so", "late"}, {"thing/b.py", "y = 2\n"}}};
    wheel.record = {{"thing/a.py", NamedHash::sha256("other")}, {"thing/late.so", "-"}, {"thing/b.py", "-"}};
    CHECK(says(refusal_of(wheel), "no hash of the file 'thing/late.so' and of 1 more, of 5 files"));
    PythonPlace place;
    place.add(wheel);
    place.spec.allow_bad_record = {"Other", "THING"};
    place.build_and_lay_out();
    CHECK(place.run({place.venv / "bin/python", "-c", "import thing.a; print(thing.a.x)"}).out == "1\n");
    const std::string record = place.text(place.site + "/thing-1.0.dist-info/RECORD");
    CHECK(says(record, "thing/late.so," + NamedHash::sha256("late") + ",4\r\n"));
    CHECK(says(record, "thing/a.py," + NamedHash::sha256("x = 1\n") + ",6\r\n"));
}

TEST_CASE("what is no wheel, or another one, is refused") {
    PythonPlace place;
    const fs::path file = place.folder.path() / "thing-1.0-py3-none-any.whl";
    auto said = [&](const std::vector<ZipItem>& items) {
        write_zip(file, items);
        place.spec.locked.distributions = {place.put(file, "thing", "1.0")};
        return place.refusal();
    };
    const auto good = TestWheel{}.members();
    CHECK(said(good).empty());
    CHECK(says(said({}), "folders named *.dist-info"));
    for (std::size_t i = 0; i < good.size(); ++i) {
        auto without = good;
        without.erase(without.begin() + static_cast<std::ptrdiff_t>(i));
        CHECK(says(said(without), "it is not a wheel: it has no "));
    }
    auto two = good;
    two.push_back({"other-1.0.dist-info/METADATA", ""});
    CHECK(says(said(two), "2 folders named *.dist-info"));
    CHECK(says(said(TestWheel{.name = "other"}.members()), "it holds the distribution 'other', not 'thing'"));
    std::ofstream(file) << "no zip";
    place.spec.locked.distributions = {place.put(file, "thing", "1.0")};
    CHECK(says(place.refusal(), "reading the wheel thing-1.0-py3-none-any.whl"));
}

TEST_CASE("a file of two distributions is an error that names both, unless it is allowed by name") {
    auto two = [](std::vector<std::string> allowed, int first, int second) {
        PythonPlace place;
        place.add({.name = "cv", .items = {{"cv2/__init__.py", "WHO = 'cv'\n"}}, .group = first});
        place.add({.name = "cv-headless", .items = {{"cv2/__init__.py", "WHO = 'headless'\n"}}, .group = second});
        place.spec.allow_shared = std::move(allowed);
        auto built = place.build();
        if (!built) return built.error().to_string();
        place.lay_out(*built);
        return place.run({place.venv / "bin/python", "-c", "import cv2; print(cv2.WHO)"}).out;
    };
    const std::string said = two({}, 0, 0);
    CHECK(says(said, "cv 1.0 and cv-headless 1.0 both bring the file 'lib/"));
    CHECK(says(said, "cv2/__init__.py'"));
    CHECK(says(said, "allow_shared = [\"cv\", \"cv-headless\"]"));
    CHECK(says(two({"cv"}, 0, 0), "both bring"));
    for (const int first : {0, 1})
        for (const int second : {0, 1}) CHECK(two({"CV", "cv_headless"}, first, second) == "headless\n");
}

TEST_CASE("equal __init__.py files of a shared namespace are no quarrel; equal scripts and folders are") {
    PythonPlace place;
    place.add({.name = "a", .items = {{"ns/__init__.py", ""}, {"ns/a.py", ""}}});
    place.add({.name = "b", .items = {{"ns/__init__.py", ""}, {"ns/b.py", ""}}, .group = 1});
    place.build_and_lay_out();
    CHECK(place.run({place.venv / "bin/python", "-c", "import ns.a, ns.b"}).exit_code == 0);

    PythonPlace scripts;
    for (const char* name : {"a", "b"}) scripts.add({.name = name, .entry_points = "[console_scripts]\nx = m:f\n"});
    CHECK(says(scripts.refusal(), "a 1.0 and b 1.0 both bring the file 'bin/x'"));
    PythonPlace folder;
    folder.add({.name = "a", .items = {{"x", ""}}});
    folder.add({.name = "b", .items = {{"x/y", ""}}, .group = 1});
    CHECK(says(folder.refusal(), "x' is a file of a 1.0 and a folder of b 1.0"));
}
