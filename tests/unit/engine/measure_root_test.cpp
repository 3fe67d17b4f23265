// SPDX-License-Identifier: Apache-2.0
#include "engine/base/measure_root.hpp"

#include <sys/stat.h>

#include <filesystem>

#include "engine/python/interpreter.hpp"
#include "python_place.hpp"
#include "support/catch.hpp"
#include "sys/file.hpp"

using namespace tmplbuild;
namespace fs = std::filesystem;

namespace {

// A root of somebody's image on disk, and the word that would run its programs: nothing here starts one.
struct ForeignRoot : SandboxSession {
    ForeignRoot() : folder(sys::TempDirectory::make(fs::temp_directory_path(), "root").value()) {
        for (const char* below : {"root/usr/bin", "root/usr/lib", "root/opt/conda/bin", "root/etc"})
            REQUIRE(sys::make_directories(folder.path() / below));
    }
    void put(const std::string& file, const std::string& text, unsigned mode = 0644) const {
        REQUIRE(sys::write_file_atomic(root() / file, text, mode));
    }
    sys::Beneath beneath() const { return sys::Beneath::open(root(), sys::Outside::is_root).value(); }
    Result<io::ProcessResult> run(const SandboxCommand& command, std::stop_token) override {
        asked.push_back(command);
        io::ProcessResult result;
        result.out = answer;
        result.exit_code = exit_code;
        return result;
    }
    fs::path root() const override { return folder.path() / "root"; }
    fs::path upper() const override { return folder.path() / "upper"; }

    sys::TempDirectory folder;
    std::vector<SandboxCommand> asked;
    std::string answer = R"({"command": "/usr/bin/python3", "real_path": "/usr/bin/python3.11", "version": "3.11.2",
                             "soabi": "cpython-311-x86_64-linux-gnu", "cache_tag": "cpython-311", "magic": "a70d0d0a"})";
    int exit_code = 0;
};

}  // namespace

TEST_CASE("a base's links are followed inside its root and never on this machine; a pipe is not waited for") {
    const ForeignRoot base;
    const fs::path outside = base.folder.path() / "outside";
    REQUIRE(sys::write_file_atomic(outside, "ID=secret\nVERSION_CODENAME=secret\nstable release version 9.99."));
    fs::create_symlink(outside, base.root() / "usr/lib/os-release");
    REQUIRE(sys::make_directories(base.root() / "lib64"));
    REQUIRE(::mkfifo((base.root() / "lib64/libc.so.6").c_str(), 0600) == 0);
    fs::create_symlink("/usr/bin", base.root() / "bin");
    fs::create_symlink("/bin", base.root() / "sbin");  // to the end, through the other one
    fs::create_symlink("../../../../../../..", base.root() / "up");
    fs::create_symlink("/var/nowhere", base.root() / "nowhere");
    CHECK(release_name(base.beneath()).empty());
    CHECK(glibc_version(base.beneath()).empty());
    const FolderFacts facts = measure_folders(base.beneath());
    CHECK(facts.symlinks == std::map<std::string, std::string>{{"bin", "usr/bin"}, {"sbin", "usr/bin"}});
}

TEST_CASE("what os-release says is taken where it is a plain word") {
    const ForeignRoot base;
    base.put("usr/lib/os-release", "ID=debian\nVERSION_ID=\"12\"\nVERSION_CODENAME='bookworm'\n");
    CHECK(release_name(base.beneath()) == "bookworm");
    base.put("usr/lib/os-release", "VERSION_CODENAME=\"book\x1b[31mworm\"\n");
    CHECK(release_name(base.beneath()).empty());
}

TEST_CASE("python3 is what the image's PATH finds first") {
    const ForeignRoot base;
    base.put("usr/bin/python3", "", 0755);
    base.put("opt/conda/bin/python3", "", 0755);
    base.put("etc/python3", "", 0755);
    CHECK(find_on_path(base.beneath(), default_path, "python3") == "/usr/bin/python3");
    CHECK(find_on_path(base.beneath(), "etc:../etc:/opt/conda/bin/:/usr/bin", "python3") == "/opt/conda/bin/python3");
    CHECK(find_interpreter(base.beneath(), default_path, "/opt/conda/bin/python3") == "/opt/conda/bin/python3");
    CHECK_FALSE(find_interpreter(base.beneath(), default_path, "3.12"));
    base.put("usr/bin/python3.12", "", 0755);
    CHECK(find_interpreter(base.beneath(), default_path, "3.12") == "/usr/bin/python3.12");
    base.put("usr/bin/python3.13", "", 0644);
    CHECK_FALSE(find_interpreter(base.beneath(), default_path, "3.13"));
}

TEST_CASE("a base's Python is asked inside, without network and with limits, and believed only in its own grammar") {
    ForeignRoot base;
    const auto facts = ask_interpreter(base, "/usr/bin/python3", {});
    REQUIRE(facts);
    CHECK(facts->version == "3.11.2");
    REQUIRE(base.asked.size() == 1);
    CHECK_FALSE(base.asked[0].network);
    CHECK(base.asked[0].timeout);
    CHECK(base.asked[0].memory_limit);
    const std::string good = base.answer;
    const auto refused = [&](const std::string& from, const std::string& to) {
        base.answer = good;
        base.answer.replace(base.answer.find(from), from.size(), to);
        return !ask_interpreter(base, "/usr/bin/python3", {});
    };
    CHECK(refused("/usr/bin/python3.11", "/usr/bin/../../etc"));
    CHECK(refused("/usr/bin/python3.11", "/usr/bin/x\\ny = z"));
    CHECK(refused("3.11.2", "2.7.18"));
    CHECK(refused("3.11.2", "3.11.2; x"));
    CHECK(refused("cpython-311-x86", "../../../x86"));
    CHECK(refused("a70d0d0a", "a70d"));
    base.answer = std::string(1 << 20, 'x');
    CHECK_FALSE(ask_interpreter(base, "/usr/bin/python3", {}));
    base.answer = good;
    base.exit_code = 1;
    CHECK_FALSE(ask_interpreter(base, "/usr/bin/python3", {}));
}

// An image's PATH may begin with a venv, and the next venv may stand in the same place: it cannot stand on itself.
TEST_CASE("in a venv it is the interpreter below it that counts") {
    const auto folder = sys::TempDirectory::make(fs::temp_directory_path(), "venv").value();
    REQUIRE(sys::make_directories(folder.path() / "bin"));
    REQUIRE(sys::write_file_atomic(folder.path() / "pyvenv.cfg", "home = /usr/bin\n"));
    fs::create_symlink("/usr/bin/python3", folder.path() / "bin/python3");
    test::FakeSandbox::Session machine({});
    const auto facts = ask_interpreter(machine, folder.path() / "bin/python3", {});
    REQUIRE(facts);
    CHECK(facts->command.starts_with("/usr/bin/python3"));
    CHECK(ask_interpreter(machine, "/usr/bin/python3", {})->command == "/usr/bin/python3");
}
