// SPDX-License-Identifier: Apache-2.0
#include "kernel/layer_index.hpp"

#include "kernel/make_library.hpp"
#include "kernel/runtime_need.hpp"
#include "support/catch.hpp"

using namespace tmplbuild;
using namespace tmplbuild::kernel;
using Type = IndexedFile::Type;

namespace {

struct Made {
    std::string text;
    LayerIndex index;
};

Made made(LayerIndexBuilder& builder) {
    Made out{builder.finish(Sha256::of("a layer")), {}};
    out.index = LayerIndex::open(make::as_bytes(out.text)).value();
    return out;
}

ElfInfo library(const make::Library& spec) { return read_elf(make::as_bytes(make::shared_object(spec))).value(); }

std::vector<std::string> names(const LayerIndex& index, const std::string& folder) {
    std::vector<std::string> out;
    for (const auto& [name, file] : index.children(folder)) out.push_back(name);
    return out;
}

}  // namespace

TEST_CASE("an index tells files, links and folders again, whatever their names hold") {
    LayerIndexBuilder builder;
    const std::vector<std::pair<std::string, IndexedFile>> files = {
        {"a", {Type::directory, 0755, 0, ""}},          {"a/b", {Type::file, 0644, 17, ""}},
        {"a/b c", {Type::file, 0755, 1, ""}},           {"a-b", {Type::symlink, 0777, 0, "a/b"}},
        {"a/tab\there", {Type::file, 0600, 2, ""}},     {"a/line\nbreak", {Type::hardlink, 0644, 0, "a/tab\there"}},
        {"a/back\\slash\\5c", {Type::other, 0, 0, ""}}, {"a\x01", {Type::file, 0, 0, ""}},
        {"\xff\xfe", {Type::file, 0, 0, ""}},           {"deep/er/file", {Type::file, 0644, 3, ""}},
    };
    for (const auto& [path, file] : files) builder.add_file(path, file);
    const Made layer = made(builder);
    for (const auto& [path, file] : files) {
        INFO(path);
        CHECK(layer.index.find(path) == file);
    }
    CHECK_FALSE(layer.index.find("a/"));
    CHECK_FALSE(layer.index.find("deep"));
    CHECK(layer.index.diff_id() == Sha256::of("a layer"));
    CHECK_FALSE(layer.index.deletes());
    CHECK(names(layer.index, "a") ==
          std::vector<std::string>{"b", "b c", "back\\slash\\5c", "line\nbreak", "tab\there"});
    CHECK(names(layer.index, "") == std::vector<std::string>{"a", "a\x01", "a-b", "deep", "\xff\xfe"});
    CHECK(layer.index.has_below("deep"));
    CHECK_FALSE(layer.index.has_below("dee"));
}

TEST_CASE("deletions are told apart from what the same layer brings") {
    LayerIndexBuilder builder;
    builder.add_file("gone", {Type::whiteout, 0, 0, ""});
    builder.add_opaque("fresh");
    builder.add_file("fresh", {Type::directory, 0755, 0, ""});
    builder.add_file("fresh/file", {Type::file, 0644, 1, ""});
    // In either order, a deleted name that comes back as a folder hides the older content.
    builder.add_file("back", {Type::whiteout, 0, 0, ""});
    builder.add_file("back", {Type::directory, 0755, 0, ""});
    builder.add_file("again", {Type::directory, 0755, 0, ""});
    builder.add_file("again", {Type::whiteout, 0, 0, ""});
    const Made layer = made(builder);
    CHECK(layer.index.deletes());
    CHECK(layer.index.find("gone")->type == Type::whiteout);
    CHECK(layer.index.find("fresh")->type == Type::directory);
    CHECK(layer.index.is_opaque("fresh"));
    CHECK_FALSE(layer.index.is_opaque("gone"));
    CHECK(layer.index.find("back")->type == Type::directory);
    CHECK(layer.index.is_opaque("back"));
    CHECK(layer.index.find("again")->type == Type::directory);
    CHECK(layer.index.is_opaque("again"));
}

TEST_CASE("an index knows what each library exports, needs and is called") {
    make::Library spec;
    spec.soname = "libx.so.1";
    spec.needed = {"libc.so.6", "with space.so"};
    spec.runpath = "$ORIGIN/../lib:/opt/x";
    spec.symbols = {{"f", true, "X_1"}, {"f", true, "X_0", "", false, true}, {"plain", true}, {"wanted", false}};
    make::Library other;
    other.symbols = {{"f", true}, {"fa", true}};
    LayerIndexBuilder builder;
    builder.add_file("lib/libx.so.1", {Type::file, 0755, 9, ""});
    builder.add_elf("lib/libx.so.1", library(spec));
    builder.add_file("lib/same", {Type::hardlink, 0755, 0, "lib/libx.so.1"});
    builder.add_elf("bin/other", library(other));
    builder.add_unreadable_elf("bin/broken", "its section header table lies outside the file");
    builder.add_text("etc/text", "line\nline\ttab");
    const Made layer = made(builder);
    REQUIRE(layer.index.elfs().size() == 3);
    const auto place = layer.index.elf_at("lib/libx.so.1");
    REQUIRE(place);
    CHECK(layer.index.elf_at("lib/same") == place);
    CHECK_FALSE(layer.index.elf_at("lib/none"));
    const IndexedElf& elf = layer.index.elfs()[*place];
    CHECK(elf.soname == "libx.so.1");
    CHECK(elf.needed == spec.needed);
    CHECK(elf.runpath == std::vector<std::string>{"$ORIGIN/../lib", "/opt/x"});
    CHECK_FALSE(elf.is_rpath);
    CHECK(elf.versions == std::vector<std::string>{"X_1", "X_0"});
    CHECK(layer.index.elfs()[*layer.index.elf_at("bin/broken")].problem.find("outside") != std::string::npos);
    CHECK(layer.index.elfs()[*layer.index.elf_at("bin/other")].name() == "other");

    CHECK(layer.index.exports("f").size() == 3);
    CHECK(layer.index.exports("fa").size() == 1);
    CHECK(layer.index.exports("plain").at(0).elf == *place);
    CHECK(layer.index.exports("wanted").empty());
    std::size_t defaults = 0;
    for (const auto& symbol : layer.index.exports("f")) defaults += symbol.is_default ? 1 : 0;
    CHECK(defaults == 2);
    CHECK(layer.index.text("etc/text") == "line\nline\ttab");
    CHECK(layer.index.text_paths() == std::vector<std::string>{"etc/text"});
}

TEST_CASE("of two entries with one path the later one counts, with all that was its own") {
    make::Library first, second;
    first.symbols = {{"old_name", true}};
    second.symbols = {{"new_name", true}};
    LayerIndexBuilder builder;
    builder.add_file("lib/a.so", {Type::file, 0644, 1, ""});
    builder.add_elf("lib/a.so", library(first));
    builder.add_file("lib/a.so", {Type::file, 0644, 2, ""});
    builder.add_elf("lib/a.so", library(second));
    builder.add_file("lib/b.so", {Type::file, 0644, 1, ""});
    builder.add_elf("lib/b.so", library(first));
    builder.add_file("lib/b.so", {Type::symlink, 0777, 0, "a.so"});
    const Made layer = made(builder);
    CHECK(layer.index.exports("old_name").empty());
    CHECK(layer.index.exports("new_name").size() == 1);
    CHECK(layer.index.elfs().size() == 1);
}

TEST_CASE("what is no index of this version is refused, cut off or not") {
    LayerIndexBuilder builder;
    builder.add_file("a", {Type::file, 0644, 1, ""});
    const Made layer = made(builder);
    for (std::size_t size = 0; size < layer.text.size(); ++size)
        CHECK_FALSE(LayerIndex::open(make::as_bytes(layer.text).first(size)));
    CHECK_FALSE(LayerIndex::open(make::as_bytes(layer.text + " ")));
    std::string other = layer.text;
    other.replace(other.find("index ") + 6, 1, "0");
    CHECK_FALSE(LayerIndex::open(make::as_bytes(other)));
}

TEST_CASE("what a kernel may need at run time has one spelling each") {
    for (const char* text :
         {"cc", "c++", "python-headers", "triton", "python:numpy", "lib:libgomp.so.1", "tool:ffmpeg"})
        CHECK(RuntimeNeed::parse(text).value().to_string() == text);
    CHECK(RuntimeNeed::parse("python:triton").value().to_string() == "triton");
    for (const char* text : {"", "gcc", "lib:", "tool:a b", "tool:../x", "python", "CC"})
        CHECK_FALSE(RuntimeNeed::parse(text));
    CHECK(RuntimeNeed::parse("gcc").error().hint.find("\"cc\"") != std::string::npos);
}
