// SPDX-License-Identifier: Apache-2.0
// Which room may use which is written once, in the link lists of CMakeLists.txt. Every include line of src/ and
// runtime/ is held to them here, and so is the table of docs/architecture.md.
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>

#include "support/catch.hpp"

namespace fs = std::filesystem;
using Names = std::set<std::string>;

namespace {

std::string text_of(const std::string& file) {
    std::ifstream in(fs::path(PROJECT_ROOT) / file);
    std::ostringstream text;
    REQUIRE(text << in.rdbuf());
    return text.str();
}

// What a room or a program links by its own line: `tmplbuild_module(src io LINK tmplbuild::sys PRIVATE …)`.
std::map<std::string, Names> link_lists() {
    static const std::regex line(
        R"((tmplbuild_module\(\w+ (\w+)|tmplbuild_program\(\S+\s+FROM (?:src|runtime)/(\w+))([^)]*)\))");
    static const std::regex room(R"(tmplbuild::(\w+))");
    const std::string text = text_of("CMakeLists.txt");
    std::map<std::string, Names> lists;
    for (std::sregex_iterator found(text.begin(), text.end(), line), end; found != end; ++found) {
        const std::string rest = found->str(4);
        Names& links = lists[found->str(2) + found->str(3)];
        for (std::sregex_iterator link(rest.begin(), rest.end(), room); link != end; ++link) links.insert(link->str(1));
    }
    return lists;
}

// What is reached by the lists: includes may follow any of them, as the compiler lets them.
Names reached(const std::string& room, const std::map<std::string, Names>& lists) {
    Names out{room};
    for (const std::string& other : lists.at(room))
        if (other != room) out.merge(reached(other, lists));
    return out;
}

}  // namespace

TEST_CASE("a room includes only what the link lists let it reach") {
    const auto lists = link_lists();
    int files = 0;
    for (const char* root : {"src", "runtime"})
        for (const auto& room : fs::directory_iterator(fs::path(PROJECT_ROOT) / root)) {
            const std::string name = room.path().filename();
            REQUIRE(lists.contains(name));
            const Names allowed = reached(name, lists);
            for (const auto& file : fs::recursive_directory_iterator(room.path())) {
                if (!file.is_regular_file()) continue;
                ++files;
                std::ifstream text(file.path());
                for (std::string line; std::getline(text, line);) {
                    if (!line.starts_with("#include \"")) continue;
                    INFO(file.path().string() << ": " << line);
                    CHECK(allowed.contains(line.substr(10, line.find('/') - 10)));
                }
            }
        }
    CHECK(files > 200);
}

TEST_CASE("no arrow leads from the builder's rooms to the pod's, nor in a circle") {
    const auto lists = link_lists();
    for (const auto& [room, links] : lists) {
        const Names all = reached(room, lists);
        for (const std::string& other : links) {
            if (other == room) continue;
            INFO(room << " -> " << other);
            CHECK_FALSE(reached(other, lists).contains(room));
            CHECK((!fs::exists(fs::path(PROJECT_ROOT) / "src" / room) ||
                   fs::exists(fs::path(PROJECT_ROOT) / "src" / other)));
        }
    }
}

TEST_CASE("the table of docs/architecture.md says what the link lists say") {
    const auto lists = link_lists();
    std::istringstream page(text_of("docs/architecture.md"));
    static const std::regex row(R"(\| `(?:src|runtime)/(\w+)` \|.*\| ([^|]*) \|)");
    static const std::regex word(R"(\w+)");
    int rows = 0;
    for (std::string line; std::getline(page, line);) {
        std::smatch found;
        if (!std::regex_match(line, found, row)) continue;
        ++rows;
        const std::string room = found.str(1), rest = found.str(2);
        REQUIRE(lists.contains(room));
        Names told;
        for (std::sregex_iterator name(rest.begin(), rest.end(), word), end; name != end; ++name)
            told.insert(name->str());
        INFO(line);
        // A room that another of the list reaches need not be told again.
        for (const std::string& other : lists.at(room)) {
            if (other == room) continue;  // a program of the room's own
            bool known = told.contains(other);
            for (const std::string& one : told) known = known || reached(one, lists).contains(other);
            CHECK(known);
        }
        for (const std::string& one : told) CHECK(reached(room, lists).contains(one));
    }
    CHECK(rows > 15);
}
