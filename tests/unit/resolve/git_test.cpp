// SPDX-License-Identifier: Apache-2.0
// Real repositories of this machine, with the real git.
#include "resolve/git.hpp"

#include <sys/stat.h>

#include <cstdlib>

#include "support/catch.hpp"
#include "support/fake_http.hpp"
#include "sys/file.hpp"

using namespace tmplbuild;
namespace fs = std::filesystem;

namespace {

// A variable of this process for as long as the value lives.
class Variable {
  public:
    Variable(std::string name, const std::string& value) : name_(std::move(name)) {
        ::setenv(name_.c_str(), value.c_str(), 1);
    }
    ~Variable() { ::unsetenv(name_.c_str()); }
    Variable(const Variable&) = delete;
    Variable& operator=(const Variable&) = delete;

  private:
    std::string name_;
};

struct SeenProgress : SilentProgress {
    void message(const std::string& text) override { said += text + "\n"; }
    std::string said;
};

struct Place {
    sys::TempDirectory folder = sys::TempDirectory::make(fs::temp_directory_path(), "git-test-").value();
    Store store = Store::open(folder.path() / "store").value();
    io::SystemProcessRunner processes;
    SeenProgress progress;
    FakeHttp http;
    ResolveContext context{store, processes, http, progress, {}};

    std::string git(const std::string& repository, std::vector<std::string> arguments) {
        io::Command command{.argv = {"git", "-c", "user.name=t", "-c", "user.email=t@example.invalid"},
                            .directory = folder.path() / repository};
        command.argv.insert(command.argv.end(), arguments.begin(), arguments.end());
        std::string out = processes.run_checked(command, {}, "git").value().out;
        while (out.ends_with('\n')) out.pop_back();
        return out;
    }
    void write(const std::string& file, const std::string& text) const {
        REQUIRE(sys::write_file_atomic(folder.path() / file, text));
    }
    void make(const std::string& repository) {
        REQUIRE(sys::make_directories(folder.path() / repository));
        git(repository, {"init", "-q", "-b", "main"});
    }
    std::string commit(const std::string& repository) {
        git(repository, {"add", "-A"});
        git(repository, {"commit", "-q", "--allow-empty", "-m", "x"});
        return git(repository, {"rev-parse", "HEAD"});
    }
    std::string url(const std::string& repository) const { return "file://" + (folder.path() / repository).string(); }
    fs::path empty(const std::string& name) const {
        REQUIRE(sys::make_directories(folder.path() / name));
        return folder.path() / name;
    }
    std::string text(const std::string& file) const { return sys::read_file(folder.path() / file).value(); }
    // A link to another repository's newest commit, whatever .gitmodules says of it.
    void link(const std::string& outer, const std::string& path, const std::string& inner, const std::string& says) {
        write(outer + "/.gitmodules", says);
        git(outer, {"add", "-A"});
        git(outer,
            {"update-index", "--add", "--cacheinfo", "160000," + git(inner, {"rev-parse", "HEAD"}) + "," + path});
        git(outer, {"commit", "-qm", "link"});
    }
};

std::string module_text(const std::string& name, const std::string& path, const std::string& url) {
    return "[submodule \"" + name + "\"]\n\tpath = " + path + "\n\turl = \"" + url + "\"\n";
}

}  // namespace

TEST_CASE("a branch or a tag names a commit, and nothing else does") {
    Place place;
    place.make("r");
    const std::string first = place.commit("r");
    place.git("r", {"tag", "-a", "-m", "tag", "v1"});
    place.git("r", {"branch", "side/way"});
    const std::string second = place.commit("r");
    place.git("r", {"branch", "v2"});
    place.git("r", {"tag", "v2", first});
    const auto find = [&](const std::string& name) { return find_commit(place.url("r"), name, place.context); };
    CHECK(find("HEAD").value() == second);
    CHECK(find("main").value() == second);
    CHECK(find("side/way").value() == first);
    CHECK(find("v1").value() == first);  // of an annotated tag, the commit
    CHECK(find("v2").value() == first);  // a tag before a branch
    CHECK(find("refs/heads/v2").value() == second);
    CHECK(find(first).value() == first);
    CHECK(find(std::string(40, '0')).value() == std::string(40, '0'));  // seen when it is fetched
    for (const std::string& name :
         {std::string("way"), std::string("absent"), std::string("mai*"), first.substr(0, 12)}) {
        INFO(name);
        auto none = find(name);
        REQUIRE_FALSE(none);
        CHECK(none.error().kind == ErrorKind::usage);
    }
    CHECK(find_commit(place.url("absent"), "main", place.context).error().kind == ErrorKind::network);
}

TEST_CASE("a commit's bytes are the commit's, whatever the builder's git is set to and wherever it is called from") {
    Place place;
    place.make("r");
    place.write("r/.gitattributes", "*.bat text eol=crlf\n*.txt -export-subst export-ignore\n");
    place.write("r/a.md", "one\ntwo\n");
    place.write("r/b.bat", "one\ntwo\n");
    place.write("r/c.txt", "$Id$ $Format:%H$\n");
    place.write("r/tool", "#!/bin/sh\n");
    ::chmod((place.folder.path() / "r/tool").c_str(), 0755);
    const std::string rev = place.commit("r");

    place.write("home/.config/git/attributes", "*.md text eol=crlf\n*.txt ident filter=x\n");
    place.write("home/.gitconfig", "[core]\n\tautocrlf = true\n\tattributesFile = " +
                                       (place.folder.path() / "home/.config/git/attributes").string() +
                                       "\n[filter \"x\"]\n\tsmudge = tr a-z A-Z\n[submodule]\n\trecurse = true\n");
    place.write("templates/info/attributes", "*.md text eol=crlf\n");
    place.write("templates/hooks/reference-transaction",
                "#!/bin/sh\ntouch " + (place.folder.path() / "hooked").string() + "\n");
    ::chmod((place.folder.path() / "templates/hooks/reference-transaction").c_str(), 0755);
    const Variable home("HOME", place.folder.path() / "home"),
        xdg("XDG_CONFIG_HOME", place.folder.path() / "home/.config"), work_tree("GIT_WORK_TREE", "/tmp"),
        dir("GIT_DIR", place.folder.path() / "nowhere"), index("GIT_INDEX_FILE", place.folder.path() / "index"),
        objects("GIT_OBJECT_DIRECTORY", place.folder.path() / "objects"),
        templates("GIT_TEMPLATE_DIR", place.folder.path() / "templates"), source("GIT_ATTR_SOURCE", "HEAD"),
        count("GIT_CONFIG_COUNT", "1"), key("GIT_CONFIG_KEY_0", "core.autocrlf"), value("GIT_CONFIG_VALUE_0", "true");
    const mode_t before = ::umask(0177);
    const GitRequest asked{place.url("r"), rev};
    const auto locked = resolve_git(asked, place.context);
    ::umask(before);
    REQUIRE(locked);
    CHECK(locked->tree.size() == 40);
    CHECK(locked->commit_time > 1'500'000'000);
    const fs::path to = place.empty("out");
    REQUIRE(checkout_git(asked, to, place.context));
    CHECK(place.text("out/a.md") == "one\ntwo\n");
    CHECK(place.text("out/b.bat") == "one\r\ntwo\r\n");  // what the commit itself asks for
    CHECK(place.text("out/c.txt") == "$Id$ $Format:%H$\n");
    CHECK((fs::status(to / "tool").permissions() & fs::perms::owner_exec) != fs::perms::none);
    CHECK_FALSE(fs::exists(to / ".git"));
    CHECK_FALSE(fs::exists(place.folder.path() / "hooked"));
    CHECK_FALSE(fs::exists(place.folder.path() / "index"));
}

TEST_CASE("an executable file stays one under any umask") {
    Place place;
    place.make("r");
    place.write("r/tool", "#!/bin/sh\n");
    ::chmod((place.folder.path() / "r/tool").c_str(), 0755);
    const GitRequest asked{place.url("r"), place.commit("r")};
    REQUIRE(resolve_git(asked, place.context));
    const fs::path to = place.empty("out");
    const mode_t before = ::umask(0111);
    const auto done = checkout_git(asked, to, place.context);
    ::umask(before);
    REQUIRE(done);
    CHECK((fs::status(to / "tool").permissions() & fs::perms::owner_exec) != fs::perms::none);
}

TEST_CASE("replacements and grafts of the builder's repository do not count") {
    Place place;
    place.make("r");
    place.write("r/a", "true\n");
    const std::string rev = place.commit("r");
    const GitRequest asked{place.url("r"), rev};
    REQUIRE(resolve_git(asked, place.context));
    // Another's hand in the store's repository: a replaced blob, and attributes.
    fs::path bare;
    for (const auto& entry : fs::directory_iterator(place.store.root() / "git"))
        if (entry.is_directory()) bare = entry.path();
    const std::string name = fs::relative(bare, place.folder.path());
    place.write("other", "false\n");
    const std::string other = place.git(name, {"hash-object", "-w", (place.folder.path() / "other").string()});
    place.git(name, {"replace", place.git(name, {"rev-parse", rev + ":a"}), other});
    place.write(name + "/info/attributes", "* text eol=crlf\n");
    REQUIRE(checkout_git(asked, place.empty("out"), place.context));
    CHECK(place.text("out/a") == "true\n");
}

TEST_CASE("submodules come from servers, and from this machine only where git itself is allowed to") {
    Place place;
    place.make("inner");
    place.write("inner/i", "inner\n");
    place.commit("inner");
    place.make("outer");
    const auto taken = [&](const std::string& url) {
        place.link("outer", "deep/my mod", "inner", module_text("a name", "deep/my mod", url));
        return GitRequest{place.url("outer"), place.git("outer", {"rev-parse", "HEAD"}), true};
    };
    // Said by the repository: a path, an address of this machine, an option.
    for (const std::string& bad : {(place.folder.path() / "inner").string(), place.url("inner"),
                                   "--upload-pack=touch " + (place.folder.path() / "pwned").string() + ";false"}) {
        INFO(bad);
        const auto refused = resolve_git(taken(bad), place.context);
        REQUIRE_FALSE(refused);
        CHECK(refused.error().message.find(".gitmodules") != std::string::npos);
    }
    CHECK_FALSE(fs::exists(place.folder.path() / "pwned"));
    // Beside a repository of this machine git's own rule holds, whose default is no.
    const GitRequest beside = taken("../inner");
    const auto refused = resolve_git(beside, place.context);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().hint.find("protocol") != std::string::npos);
    {
        const Variable count("GIT_CONFIG_COUNT", "1"), key("GIT_CONFIG_KEY_0", "protocol.file.allow"),
            value("GIT_CONFIG_VALUE_0", "always");
        REQUIRE(resolve_git(beside, place.context));
    }
    REQUIRE(checkout_git(beside, place.empty("out"), place.context));
    CHECK(place.text("out/deep/my mod/i") == "inner\n");
    CHECK(place.progress.said.empty());

    GitRequest without = beside;
    without.submodules = false;
    REQUIRE(resolve_git(without, place.context));
    CHECK(place.progress.said.find("deep/my mod") != std::string::npos);
}

TEST_CASE("files that Git LFS keeps elsewhere are named, or stay pointers where the template says so") {
    Place place;
    place.make("r");
    const std::string pointer =
        "version https://git-lfs.github.com/spec/v1\noid sha256:" + std::string(64, '1') + "\nsize 12345\n";
    place.write("r/tests/example.bin", pointer);
    GitRequest asked{place.url("r"), place.commit("r")};
    CHECK(resolve_git(asked, place.context));  // no attribute: a text about LFS, as its own documentation holds one
    place.write("r/.gitattributes", "*.bin filter=lfs diff=lfs merge=lfs -text\n");
    place.write("r/small.bin", "not one\n");
    asked.rev = place.commit("r");
    const auto refused = resolve_git(asked, place.context);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().kind == ErrorKind::usage);
    CHECK(refused.error().message.find("tests/example.bin") != std::string::npos);
    CHECK(refused.error().message.find("small.bin") == std::string::npos);
    CHECK(refused.error().message.find("12.3 kB") != std::string::npos);
    asked.lfs_pointers = true;
    REQUIRE(resolve_git(asked, place.context));
    REQUIRE(checkout_git(asked, place.empty("out"), place.context));
    CHECK(place.text("out/tests/example.bin") == pointer);
}

TEST_CASE("a file of a commit is read through links inside the commit, and through no other") {
    Place place;
    place.make("r");
    place.write("r/real.txt", "numpy\n");
    place.write("outside", "secret\n");
    for (const auto& [name, target] :
         std::vector<std::pair<std::string, std::string>>{{"requirements.txt", "real.txt"},
                                                          {"six.txt", "six"},
                                                          {"out.txt", "../outside"},
                                                          {"loop", "loop"},
                                                          {"absolute", (place.folder.path() / "outside").string()}})
        fs::create_symlink(target, place.folder.path() / "r" / name);
    const std::string rev = place.commit("r");
    REQUIRE(resolve_git({place.url("r"), rev}, place.context));
    CHECK(read_git_file(place.url("r"), rev, "requirements.txt", place.context).value() == "numpy\n");
    for (const char* name : {"six.txt", "out.txt", "loop", "absolute", "none", "", "real.txt/x"})
        CHECK_FALSE(read_git_file(place.url("r"), rev, name, place.context));
}
