// SPDX-License-Identifier: Apache-2.0
// Catalogues: what is read is written as the same; every mistake has its place; the user's lies over the image's.
#include "catalogue/catalogue.hpp"

#include <filesystem>
#include <fstream>
#include <sstream>

#include "catalogue/links.hpp"
#include "support/catch.hpp"

namespace tmplbuild::catalogue {
namespace {

const std::string whole = R"(schema = 1
order = ["b", "a"]
hidden_sets = ["c"]
hidden_models = ["d"]

[[sets]]
name = "a"
title = "A \"set\""

[[sets.models]]
id = "x"
name = "sub/x.safetensors"
title = "X"
directory = "loras/wan"
urls = ["https://huggingface.co/o/r/resolve/main/y.safetensors", "https://example.org/x"]
size = 13000000000
about_bytes = 13100000000
sha256 = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
commit = "0123456789abcdef0123456789abcdef01234567"
licence = "Apache-2.0"
link = "https://huggingface.co/o/r"
memory_bytes = 24000000000
gated = true

[[sets]]
name = "empty"
)";

struct Mistake {
    const char* line;   // replaces a line of an entry
    const char* where;  // line:column
    const char* message;
    const char* hint;
};

std::string entry_with(const std::string& line) {
    return "schema = 1\n[[sets]]\nname = \"a\"\n[[sets.models]]\nid = \"x\"\nname = \"x.safetensors\"\n"
           "urls = [\"https://h/x\"]\n" +
           line + "\n";
}

Entry entry_of(const std::string& id, const std::string& title = {}) {
    Entry out{.id = id, .name = id + ".safetensors", .title = title, .urls = {"https://h/" + id}, .directory = "vae"};
    return out;
}

std::vector<std::string> shown(const Catalogue& catalogue) {
    std::vector<std::string> out;
    for (const ModelSet& set : catalogue.sets) {
        std::string line = set.name + ":";
        for (const Entry& entry : set.entries) line += " " + entry.id + (entry.title.empty() ? "" : "=" + entry.title);
        out.push_back(line);
    }
    return out;
}

}  // namespace

TEST_CASE("a catalogue is written as it is read") {
    const auto read = read_catalogue(whole, "models.toml");
    REQUIRE(read);
    CHECK(write_catalogue(*read) == whole);
    const Entry* entry = read->find("x");
    REQUIRE(entry != nullptr);
    CHECK(entry->urls.size() == 2);
    CHECK(entry->size == 13'000'000'000u);
    CHECK(entry->gated);
    CHECK(read->order == std::vector<std::string>{"b", "a"});
    CHECK(read_catalogue("schema = 1\n", "f")->sets.empty());
}

TEST_CASE("each mistake of a catalogue is told with its place and what to write") {
    const std::vector<Mistake> mistakes = {
        {"directory = \"lora\"", "8:13", "which ComfyUI does not read", "did you mean 'loras'?"},
        {"directory = \"difusion_models/wan\"", "8:13", "which ComfyUI does not read",
         "did you mean 'diffusion_models'?"},
        {"directory = \"../loras\"", "8:13", "is \"../loras\"", "below ComfyUI's models folder"},
        {"directory = 3", "8:13", "must be a string", "put it in quotes"},
        {"directory = \"vae\"\ntitel = \"x\"", "9:1", "unknown key 'titel'", "did you mean 'title'?"},
        {"directory = \"vae\"\nurl = \"x\"", "9:1", "unknown key 'url'", "links are a list"},
        {"directory = \"vae\"\nsize = 0", "9:8", "must be an integer", ""},
        {"directory = \"vae\"\nsize = \"12\"", "9:8", "must be an integer", "without quotes"},
        {"directory = \"vae\"\nsha256 = \"abc\"", "9:10", "is no digest", "64"},
        {"directory = \"vae\"\ncommit = \"main\"", "9:10", "is no commit", "40"},
        {"directory = \"vae\"\nlink = \"page\"", "9:8", "is no address", "https://host/path"},
        {"directory = \"vae\"\ngated = \"yes\"", "9:9", "must be true or false", "write true"},
        {"", "4:1", "has no 'directory'", "directory = \"vae\""},
        {"directory = \"vae\"\n[[sets.models]]\nid = \"x\"\nname = \"x\"\ndirectory = \"vae\"\nurls = "
         "[\"https://h/x\"]",
         "10:6", "which line 5 has", "once"},
    };
    for (const Mistake& mistake : mistakes) {
        INFO(mistake.line);
        const auto read = read_catalogue(entry_with(mistake.line), "m");
        REQUIRE_FALSE(read);
        const std::string all = read.error().to_string();
        INFO(all);
        CHECK(read.error().where.value().to_string() == std::string("m:") + mistake.where);
        CHECK(all.find(mistake.message) != std::string::npos);
        CHECK(all.find(mistake.hint) != std::string::npos);
    }
}

TEST_CASE("names and links of files that lead elsewhere are refused") {
    for (const char* name :
         {"/etc/passwd", "../x.safetensors", "a/../x", "a//b", ".hidden", "a/.tmplbuild/x", "a\\\\b", "a\\nb", ""}) {
        INFO(name);
        CHECK_FALSE(read_catalogue("schema = 1\n[[sets]]\nname = \"a\"\n[[sets.models]]\nid = \"x\"\nname = \"" +
                                       std::string(name) + "\"\nurls = [\"https://h/x\"]\ndirectory = \"vae\"\n",
                                   "m"));
    }
    for (const char* url : {"file:///etc/passwd", "https://u:p@h/x", "ftp://h/x", "h/x", "https://h/x y"}) {
        INFO(url);
        CHECK_FALSE(
            read_catalogue("schema = 1\n[[sets]]\nname = \"a\"\n[[sets.models]]\nid = \"x\"\nname = \"x\"\nurls = [\"" +
                               std::string(url) + "\"]\ndirectory = \"vae\"\n",
                           "m"));
    }
}

TEST_CASE("all mistakes of a file are reported at once") {
    Report report;
    read_catalogue("schema = 2\nsest = 1\n[[sets]]\nname = \"A\"\n", "m", report);
    CHECK(report.count() == 3);
}

TEST_CASE("an entry that a person typed is held to the same rules") {
    Entry entry = entry_of("x");
    CHECK_FALSE(problem_of(entry));
    const auto with = [&](auto&& change) {
        Entry other = entry;
        change(other);
        return problem_of(other).has_value();
    };
    CHECK(with([](Entry& e) { e.id = "A"; }));
    CHECK(with([](Entry& e) { e.name = "../x"; }));
    CHECK(with([](Entry& e) { e.directory = "lora"; }));
    CHECK(with([](Entry& e) { e.urls = {}; }));
    CHECK(with([](Entry& e) { e.urls = {"javascript:alert(1)"}; }));
    CHECK(with([](Entry& e) { e.sha256 = "x"; }));
    CHECK(with([](Entry& e) { e.commit = "x"; }));
    CHECK(with([](Entry& e) { e.link = "javascript:alert(1)"; }));
    CHECK(with([](Entry& e) { e.title = std::string(1000, 'x'); }));
    CHECK(with([](Entry& e) { e.title = "\xff"; }));
    CHECK(with([](Entry& e) { e.size = 0; }));
}

TEST_CASE("the user's catalogue lies over the image's") {
    Catalogue image{
        .sets = {{"a", "A", {entry_of("a1"), entry_of("a2"), entry_of("a3")}}, {"b", "B", {entry_of("b1")}}}};
    CHECK(merged(image, {}) == image);
    // Another title in its place, one more, one moved to another set, one hidden, a new set, and the order.
    Catalogue own{.sets = {{"a", "", {entry_of("a2", "mine"), entry_of("a4")}}, {"c", "C", {entry_of("a1", "moved")}}},
                  .hidden_models = {"a3"},
                  .order = {"c", "b"}};
    CHECK(shown(merged(image, own)) == std::vector<std::string>{"c: a1=moved", "b: b1", "a: a2=mine a4"});
    CHECK(merged(image, own).find_set("a")->title == "A");
    CHECK(shown(merged(image, {.hidden_sets = {"a"}})) == std::vector<std::string>{"b: b1"});
    // What the user has is not hidden by the user's own list.
    CHECK(shown(merged(image, {.sets = {{"b", "", {entry_of("b1", "x")}}}, .hidden_models = {"b1"}})).back() ==
          "b: b1=x");
}

TEST_CASE("the catalogue that comes with tmplbuild is one, and every link leads to a model file") {
    std::ifstream in(std::filesystem::path(PROJECT_ROOT) / "layers/console/models.toml");
    std::ostringstream text;
    text << in.rdbuf();
    Report report;
    const Catalogue shipped = read_catalogue(text.str(), "models.toml", report);
    for (const Error& error : report.errors()) FAIL_CHECK(error.to_string());
    CHECK(shipped.sets.size() >= 20);
    for (const ModelSet& set : shipped.sets) {
        INFO(set.name);
        CHECK_FALSE(set.title.empty());
        CHECK_FALSE(set.entries.empty());
        for (const Entry& entry : set.entries)
            for (const std::string& url : entry.urls) {
                INFO(url);
                CHECK(read_link(url).url == url);
            }
    }
    // Written again it is the same, but for the comment at its beginning.
    CHECK(text.str().ends_with(write_catalogue(shipped)));
}

}  // namespace tmplbuild::catalogue
