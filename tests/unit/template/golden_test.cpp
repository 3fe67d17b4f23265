// SPDX-License-Identifier: Apache-2.0
// Templates of tests/golden/templates: those in bad/ must give exactly the words of their .expected file, those in
// good/ must be accepted. TMPLBUILD_ACCEPT=1 writes the .expected files anew: read the difference before it is
// committed.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "support/catch.hpp"
#include "template/parse.hpp"

using namespace tmplbuild;
namespace fs = std::filesystem;

static std::string text_of(const fs::path& file) {
    std::ostringstream text;
    text << std::ifstream(file).rdbuf();
    return text.str();
}

// The errors as people read them; called by its name alone, a template has the same ones in every checkout.
static std::string errors_of(const fs::path& file, const fs::path& called) {
    try {
        parse_template(text_of(file), called, {{}, fs::path(TEST_DATA) / "golden/templates/recipes"});
    } catch (const BuildError& failed) {
        std::string out;
        for (const Error& error : failed.errors()) {
            CHECK(error.kind == ErrorKind::usage);
            out += error.to_string() + "\n";
        }
        return out;
    }
    return {};
}

TEST_CASE("every bad template gives the expected words") {
    const bool accept = std::getenv("TMPLBUILD_ACCEPT") != nullptr;
    int count = 0;
    for (const auto& entry : fs::directory_iterator(fs::path(TEST_DATA) / "golden/templates/bad")) {
        if (entry.path().extension() != ".toml") continue;
        ++count;
        const std::string errors = errors_of(entry.path(), entry.path().filename());
        const fs::path expected = fs::path(entry.path()).replace_extension(".expected");
        INFO(entry.path().filename().string());
        CHECK_FALSE(errors.empty());
        if (accept)
            std::ofstream(expected) << errors;
        else
            CHECK(errors == text_of(expected));
    }
    CHECK(count >= 60);
}

TEST_CASE("every good template is accepted") {
    for (const auto& entry : fs::directory_iterator(fs::path(TEST_DATA) / "golden/templates/good")) {
        if (entry.path().extension() != ".toml") continue;
        INFO(entry.path().filename().string());
        CHECK(errors_of(entry.path(), entry.path()) == "");
    }
}

TEST_CASE("--set changes keys, and a wrong one is an error that names it") {
    const std::string text = "schema = 1\nname = \"x\"\n[base]\ndebian = { suite = \"bookworm\" }\n";
    const Template changed =
        parse_template(text, "t.toml", {{"name=y", "targets.cuda=12.8", "image.compression=gzip"}, {}});
    CHECK(changed.name == "y");
    CHECK(changed.targets.cuda == "12.8");
    CHECK(changed.image.compression == Compression::gzip);
    for (const char* wrong : {"name", "=x", "nam=y", "base.debian.suite=bokworm", "image.compression=xz"})
        CHECK_THROWS_AS(parse_template(text, "t.toml", {{wrong}, {}}), BuildError);
}
