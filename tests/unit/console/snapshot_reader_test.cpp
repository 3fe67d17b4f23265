// SPDX-License-Identifier: Apache-2.0
// The launcher's snapshot is read as it was written; whatever else comes is an error in words.
#include "console/pod/snapshot_reader.hpp"

#include <filesystem>

#include "base/json.hpp"
#include "support/catch.hpp"
#include "sys/file.hpp"

namespace tmplbuild::console {
namespace {

std::string golden(const std::string& name) {
    return sys::read_file(std::filesystem::path(TEST_DATA) / "golden/status" / (name + ".json")).value();
}

// The snapshot with one change to its JSON.
Result<status::Snapshot> changed(const std::function<void(json::object&)>& change) {
    json::value value = json::parse(golden("service-ready"), "golden").value();
    change(value.as_object());
    return read_snapshot(json::compact(value));
}

std::string problem(const Result<status::Snapshot>& read) { return read ? "" : read.error().message; }

}  // namespace

TEST_CASE("each golden snapshot is read, and written again it is the same") {
    int files = 0;
    for (const auto& file : std::filesystem::directory_iterator(std::filesystem::path(TEST_DATA) / "golden/status")) {
        const std::string text = sys::read_file(file.path()).value();
        INFO(file.path().string());
        const auto read = read_snapshot(text);
        REQUIRE(problem(read).empty());
        CHECK(json::canonical(json::parse(status::write_snapshot(*read), "written").value()) ==
              json::canonical(json::parse(text, "golden").value()));
        ++files;
    }
    CHECK(files > 20);
}

TEST_CASE("each yes or no of a snapshot is read") {
    json::value value = json::parse(golden("service-ready"), "golden").value();
    int turned = 0;
    const auto turn = [&](json::object& part) {
        for (auto& member : part)
            if (member.value().is_bool()) {
                member.value() = !member.value().get_bool();
                ++turned;
            }
    };
    turn(value.at("host").as_object());
    turn(value.at("services").at(0).as_object());
    CHECK(turned >= 4);
    const auto read = read_snapshot(json::compact(value));
    REQUIRE(problem(read).empty());
    CHECK(json::canonical(json::parse(status::write_snapshot(*read), "written").value()) == json::canonical(value));
}

TEST_CASE("a member that this console does not know is passed over") {
    const auto read = changed([](json::object& snapshot) {
        snapshot["weather"] = "fine";
        snapshot["services"].at(0).as_object()["mood"] = json::array{1, 2};
    });
    REQUIRE(problem(read).empty());
    CHECK(read->services.at(0).name == "web");
}

TEST_CASE("a snapshot that no launcher writes is an error that names what is wrong") {
    CHECK(problem(changed([](json::object& snapshot) { snapshot.erase("host"); })).find("status has no 'host'") !=
          std::string::npos);
    CHECK(problem(changed([](json::object& snapshot) { snapshot["version"] = 2; })).find("version 2") !=
          std::string::npos);
    CHECK(problem(changed([](json::object& snapshot) {
              snapshot["services"].at(0).as_object()["port"] = 70'000;
          })).find("status.services[0].port is not a whole number") != std::string::npos);
    CHECK(problem(changed([](json::object& snapshot) {
              snapshot["services"].at(0).as_object()["needs"] = json::array{1};
          })).find("status.services[0].needs[0] is not a text") != std::string::npos);
    CHECK(problem(changed([](json::object& snapshot) {
              snapshot["services"] = json::array{5};
          })).find("status.services[0] is not an object") != std::string::npos);
    CHECK(problem(changed([](json::object& snapshot) {
              snapshot["timeline"] = "none";
          })).find("status.timeline is not a list") != std::string::npos);
    CHECK(problem(changed([](json::object& snapshot) { snapshot["started"] = -1; })).find("status.started") !=
          std::string::npos);
    for (const char* text : {"", "{", "[]", "null", "\"status\"", "{}"})
        CHECK_FALSE(problem(read_snapshot(text)).empty());
}

TEST_CASE("each single member of a snapshot is needed, and of one type") {
    const json::object whole = json::parse(golden("kernel-compiling"), "golden").value().as_object();
    for (const auto& member : whole) {
        INFO(std::string(member.key()));
        json::object without = whole;
        without.erase(member.key());
        CHECK_FALSE(problem(read_snapshot(json::compact(without))).empty());
        json::object other = whole;
        other[member.key()] = 1.5;
        CHECK_FALSE(problem(read_snapshot(json::compact(other))).empty());
    }
}

TEST_CASE("the seeds of the fuzzer are read, cut at any place they are an error") {
    int seeds = 0;
    for (const auto& file :
         std::filesystem::directory_iterator(std::filesystem::path(TEST_DATA) / "fuzz/corpus/snapshot")) {
        const std::string text = sys::read_file(file.path()).value();
        CHECK(problem(read_snapshot(text)).empty());
        for (std::size_t size = 0; size + 2 < text.size(); size += 7)
            CHECK_FALSE(problem(read_snapshot(text.substr(0, size))).empty());
        ++seeds;
    }
    CHECK(seeds >= 2);
}

}  // namespace tmplbuild::console
