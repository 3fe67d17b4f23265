// SPDX-License-Identifier: Apache-2.0
#include "resolve/context_files.hpp"

#include <sys/stat.h>

#include <map>

#include "resolve/file_digest.hpp"
#include "support/catch.hpp"
#include "sys/file.hpp"

using namespace tmplbuild;
namespace fs = std::filesystem;
using Texts = std::vector<std::string>;

namespace {

struct Place {
    sys::TempDirectory folder = sys::TempDirectory::make(fs::temp_directory_path(), "context-test-").value();
    fs::path context = folder.path() / "context";

    void write(const std::string& file, const std::string& text = "x") const {
        REQUIRE(sys::write_file_atomic(context / file, text));
    }
    void link(const std::string& name, const fs::path& target) const { fs::create_symlink(target, context / name); }
    FileItem item(const std::string& source) const {
        FileItem out;
        out.source = (context / source).lexically_normal();
        if (!out.source.has_filename()) out.source = out.source.parent_path();
        out.context = context;
        out.pos = {"template.toml", 3, 10};
        return out;
    }
    // What would be copied; folders end with '/'.
    static Result<Texts> found(const FileItem& item) {
        auto files = ContextFiles::open(item);
        if (!files) return files.error();
        Texts out;
        auto walked = files->walk([&](const std::string& relative, const struct stat& facts) {
            out.push_back(relative + (S_ISDIR(facts.st_mode) ? "/" : ""));
            return Result<void>();
        });
        if (!walked) return walked.error();
        return out;
    }
    Result<Texts> found(const std::string& source) const { return found(item(source)); }
};

}  // namespace

TEST_CASE("a source is opened beneath the context: links inside are followed, links outside are refused") {
    Place place;
    place.write("releases/v1/main");
    place.write("../outside/key", "secret");
    place.link("current", "releases/v1");
    place.link("chain", "current/main");
    place.link("link", "../outside");
    place.link("absolute", place.folder.path() / "outside/key");
    place.link("back", fs::path("../context/releases/v1"));
    place.link("nowhere", "gone");
    place.link("loop", "loop");
    CHECK(place.found("current").value() == Texts{"/", "main"});
    CHECK(place.found("current/main").value() == Texts{""});
    CHECK(place.found("chain").value() == Texts{""});
    for (const char* bad : {"link", "link/key", "absolute", "back", "nowhere", "loop", "none", "current/main/x"}) {
        INFO(bad);
        const auto refused = place.found(bad);
        REQUIRE_FALSE(refused);
        CHECK(refused.error().kind == ErrorKind::usage);
        CHECK(refused.error().where->to_string() == "template.toml:3:10");
        // Nothing of the context is hashed behind such a link either.
        CHECK_FALSE(digest_files(std::vector{place.item(bad)}));
        CHECK_FALSE(sign_files(std::vector{place.item(bad)}));
    }
    // A link counts as what it leads to, a link below a source as itself.
    CHECK(digest_files(std::vector{place.item("current")}).value() ==
          digest_files(std::vector{place.item("releases/v1")}).value());
    CHECK(place.found("releases").value() == Texts{"/", "v1/", "v1/main"});
    place.link("releases/newest", "v1");
    CHECK(place.found("releases").value() == Texts{"/", "newest", "v1/", "v1/main"});
}

TEST_CASE("a text of the context is read through links inside it, and not when it is left out") {
    Place place;
    place.write("app/real.txt", "numpy");
    place.write("app/.private/x.txt", "x");
    place.write("shared.txt", "shared");
    place.write("../outside", "secret");
    place.link("app/requirements.txt", "real.txt");
    place.link("app/shared.txt", "../shared.txt");
    place.link("app/out.txt", "../../outside");
    FileItem item = place.item("app");
    item.exclude = {".private"};
    const ContextFiles files = ContextFiles::open(item).value();
    CHECK(files.read_text("requirements.txt", 100).value() == "numpy");
    CHECK(files.read_text("shared.txt", 100).value() == "shared");
    CHECK_FALSE(files.read_text(".private/x.txt", 100).value());
    CHECK_FALSE(files.read_text("none", 100).value());
    const auto outside = files.read_text("out.txt", 100);
    CHECK((!outside || !*outside));
    CHECK_FALSE(files.read_text("requirements.txt", 2));
    const FileItem single = place.item("shared.txt");
    CHECK(ContextFiles::open(single)->read_text("", 100).value() == "shared");
}

TEST_CASE("what the tool itself writes is never context") {
    Place place;
    for (const char* file : {"main", "template.lock", "out/t/index.json", "store/blobs/x", "images/a.tar", "sub/keep",
                             "images/.a.tar.tmp-1-2-3", "template.locker"})
        place.write(file);
    FileItem item = place.item(".");
    for (const char* own : {"template.lock", "out/t", "store", "images/a.tar", "absent/x", "../elsewhere", "."})
        item.own.push_back(place.context / own);
    // A folder that holds nothing else is gone as well: it came with the output.
    const Texts expected = {"/", "main", "sub/", "sub/keep", "template.locker"};
    CHECK(Place::found(item).value() == expected);
    const Digest before = digest_files(std::vector{item}).value();
    place.write("out/t/blobs/sha256/y");
    place.write("template.lock", "other");
    CHECK(digest_files(std::vector{item}).value() == before);
    place.write("out/notes");
    CHECK(Place::found(item).value() == Texts{"/", "main", "out/", "out/notes", "sub/", "sub/keep", "template.locker"});
    for (const char* source : {"out/t", "out/t/index.json", "template.lock"}) {
        FileItem own = place.item(source);
        own.own = item.own;
        CHECK_FALSE(Place::found(own));
    }
}

TEST_CASE("an ignore file leaves out what Docker's would") {
    Place place;
    for (const char* file : {"main.py", "README.md", "docs/a.md", "docs/keep.md", "docs/deep/b.md", ".git/config",
                             "node/x/y.js", "node/x/z.txt", "logs/1.log", "src/logs/2.log"})
        place.write(file);
    place.write(".dockerignore",
                "# comment\n\n  *.md  \n!README.md\n/docs/**\n!docs/keep.md\n.git/\n**/*.log\nnode/*/y.*\n");
    CHECK(place.found(".").value() == Texts{"/", ".dockerignore", "README.md", "docs/", "docs/keep.md", "logs/",
                                            "main.py", "node/", "node/x/", "node/x/z.txt", "src/", "src/logs/"});
    CHECK(place.found("docs").value() == Texts{"/", "keep.md"});
    const auto left_out = place.found("docs/a.md");
    REQUIRE_FALSE(left_out);
    CHECK(left_out.error().message.find(".dockerignore") != std::string::npos);
    // A file of our own name counts before Docker's.
    place.write(".tmplbuildignore", "*\n!main.py\n");
    CHECK(place.found(".").value() == Texts{"/", "main.py"});
    place.write(".tmplbuildignore", "[a\n");
    const auto wrong = place.found(".");
    REQUIRE_FALSE(wrong);
    CHECK(wrong.error().message.find("[a") != std::string::npos);
}

TEST_CASE("the patterns of an ignore file") {
    const auto ignored = [](const std::string& pattern, const std::string& path) {
        return IgnoreFile::parse(pattern, "f").value().ignores(path);
    };
    const std::vector<std::tuple<std::string, std::string, bool>> cases = {
        {"a", "a", true},
        {"a", "a/b", true},
        {"a", "b/a", false},
        {"*", "a/b", true},
        {"*/b", "a/b", true},
        {"*/b", "a/c/b", false},
        {"**/b", "b", true},
        {"**/b", "a/c/b/d", true},
        {"a/**", "a", false},
        {"a/**", "a/b/c", true},
        {"a/**/c", "a/c", true},
        {"a/**/c", "a/b/b/c", true},
        {"**", "x", true},
        {"a?c", "abc", true},
        {"a?c", "a/c", false},
        {"[a-c]x", "bx", true},
        {"[^a-c]x", "bx", false},
        {"[^a-c]x", "dx", true},
        {"[]]", "]", true},
        {"\\*", "*", true},
        {"\\*", "a", false},
        {"./a/", "a", true},
        {"/a", "a", true},
        {"a/../b", "b", true},
        {"*.py[co]", "x.pyc", true},
        {"a b", "a b", true},
        {".", "a", false},
        {"a\\[b", "a[b", true},
        {"temp?", "temp", false},
        {"x*", "abc/x1", false},
        {"a\r", "a", true},
    };
    for (const auto& [pattern, path, expected] : cases) {
        INFO(pattern << " and " << path);
        CHECK(ignored(pattern, path) == expected);
    }
    CHECK(ignored("a\n!a\na", "a"));
    CHECK_FALSE(ignored("a\n!a", "a/b"));
    CHECK_FALSE(ignored("!a", "a"));
    for (const char* bad : {"!", "[a", "a\\", "[]", "x[^]"}) CHECK_FALSE(IgnoreFile::parse(bad, "f"));
    // Time stays bounded by the lengths.
    std::string many;
    for (int at = 0; at < 40; ++at) many += "*a";
    CHECK_FALSE(ignored(many + "b", std::string(200, 'a')));
}
