// SPDX-License-Identifier: Apache-2.0
// The pages under docs/ are held together: links between them lead somewhere, and the index of decisions names each
// page by its own title.
#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>
#include <string>

#include "support/catch.hpp"

namespace fs = std::filesystem;

namespace {

std::string text_of(const fs::path& file) {
    std::ifstream in(file);
    std::ostringstream text;
    REQUIRE(text << in.rdbuf());
    return text.str();
}

// A heading's anchor as the common Markdown viewers make it: small letters, words joined by '-', no punctuation.
std::set<std::string> anchors_of(const std::string& page) {
    std::set<std::string> out;
    static const std::regex named(R"re(<a id="([^"]+)">)re");
    for (std::sregex_iterator found(page.begin(), page.end(), named), end; found != end; ++found)
        out.insert(found->str(1));
    std::istringstream lines(page);
    for (std::string line; std::getline(lines, line);) {
        if (!line.starts_with("#")) continue;
        std::string anchor;
        for (const char c : line.substr(line.find_first_not_of("# "))) {
            if (c == ' ') anchor += '-';
            if (std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_')
                anchor += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
        }
        out.insert(anchor);
    }
    return out;
}

}  // namespace

TEST_CASE("every link of the documents leads to a file, and to a heading where it names one") {
    static const std::regex link(R"(\]\(([^)\s]+)\))");
    std::vector<fs::path> pages{fs::path(PROJECT_ROOT) / "README.md", fs::path(PROJECT_ROOT) / "CONTRIBUTING.md"};
    for (const auto& file : fs::recursive_directory_iterator(fs::path(PROJECT_ROOT) / "docs"))
        if (file.path().extension() == ".md") pages.push_back(file.path());
    int links = 0;
    for (const fs::path& file : pages) {
        if (!fs::exists(file)) continue;
        const std::string page = text_of(file);
        for (std::sregex_iterator found(page.begin(), page.end(), link), end; found != end; ++found) {
            const std::string target = found->str(1);
            if (target.find("://") != std::string::npos) continue;
            ++links;
            INFO(file.string() << ": " << target);
            const std::size_t hash = std::min(target.find('#'), target.size());
            const fs::path to = hash == 0 ? file : file.parent_path() / target.substr(0, hash);
            REQUIRE(fs::exists(to));
            if (hash < target.size()) CHECK(anchors_of(text_of(to)).contains(target.substr(hash + 1)));
        }
    }
    CHECK(links > 20);
}

TEST_CASE("the index of decisions names every page by its title") {
    const fs::path folder = fs::path(PROJECT_ROOT) / "docs/decisions";
    const std::string index = text_of(folder / "README.md");
    for (const auto& file : fs::directory_iterator(folder)) {
        const std::string name = file.path().filename();
        if (name == "README.md") continue;
        const std::string page = text_of(file.path());
        const std::string heading = page.substr(0, page.find('\n'));
        const std::string number = std::to_string(std::stoi(name.substr(0, 4)));
        INFO(name);
        REQUIRE(heading.starts_with("# " + number + ". "));
        const std::string title = heading.substr(number.size() + 4);
        CHECK(index.find("| " + number + " | [" + title + "](" + name + ") |") != std::string::npos);
    }
}
