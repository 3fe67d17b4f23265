// SPDX-License-Identifier: Apache-2.0
// What a base's own Python leaves where bytecode is taken from: nothing of the builder's machine is read through it.
#include "engine/python/bytecode.hpp"

#include <sys/stat.h>

#include <functional>

#include "base/text.hpp"
#include "support/catch.hpp"
#include "sys/fd.hpp"
#include "sys/file.hpp"

using namespace tmplbuild;
namespace fs = std::filesystem;

namespace {

// A "Python" that writes into the folder what a test says.
class OtherPython : public SandboxSession {
  public:
    explicit OtherPython(std::function<void()> program) : program_(std::move(program)) {}
    Result<io::ProcessResult> run(const SandboxCommand&, std::stop_token) override {
        program_();
        return io::ProcessResult{};
    }
    fs::path root() const override { return {}; }
    fs::path upper() const override { return {}; }

  private:
    std::function<void()> program_;
};

struct Work {
    sys::TempDirectory made = sys::TempDirectory::make(fs::temp_directory_path(), "bytecode-test-").value();
    fs::path folder = made.path() / "folder", outside = made.path() / "outside";

    Work() {
        fs::create_directory(folder);
        put(outside, "not yours");
    }
    static void put(const fs::path& file, const std::string& text) { REQUIRE(sys::write_file_atomic(file, text)); }

    // One unit of the sources a.py and b.py.
    Result<Bytecode> compile(const std::function<void()>& program) const {
        BytecodeRequest request;
        request.folder = folder;
        request.mounted = "/mnt";
        request.final_path = "/opt/venv";
        BytecodeUnit unit;
        unit.sources = {"a.py", "b.py"};
        unit.read = [](const BytecodeUnit::Put& put) {
            for (std::size_t at : {0U, 1U})
                if (auto taken = put(at, sys::as_bytes("pass\n")); !taken) return taken;
            return Result<void>();
        };
        request.units.push_back(std::move(unit));
        OtherPython python(program);
        return compile_bytecode(python, request, {});
    }
};

}  // namespace

TEST_CASE("bytecode is what the image's Python wrote for each source, and nothing for what does not compile") {
    const Work work;
    const auto made = work.compile([&] {
        Work::put(work.folder / "0.json", "[-1, 3]");
        Work::put(work.folder / "0.pyc", "pyc");
    });
    REQUIRE(made);
    CHECK_FALSE(made->has("a.py"));
    CHECK(made->read("b.py").value() == "pyc");
}

TEST_CASE("a link that the image's Python left in place of bytecode is not followed") {
    const Work work;
    const std::function<void()> programs[] = {
        [&] {
            Work::put(work.folder / "0.json", "[-1, 9]");
            fs::create_symlink(work.outside, work.folder / "0.pyc");
        },
        [&] {
            Work::put(work.made.path() / "list", "[-1, 3]");
            fs::create_symlink(work.made.path() / "list", work.folder / "0.json");
            Work::put(work.folder / "0.pyc", "pyc");
        },
    };
    for (const auto& program : programs) {
        CHECK_FALSE(work.compile(program));
        for (const char* file : {"0.py", "0.pyc", "0.json"}) fs::remove(work.folder / file);
    }
}

TEST_CASE("a link that appears behind the list of the bytecode is not followed either") {
    const Work work;
    const auto made = work.compile([&] {
        Work::put(work.folder / "0.json", "[-1, 9]");
        Work::put(work.folder / "0.pyc", "same size");
    });
    REQUIRE(made);
    fs::remove(work.folder / "0.pyc");
    fs::create_symlink(work.outside, work.folder / "0.pyc");
    CHECK_FALSE(made->read("b.py"));
}

TEST_CASE("a list of bytecode that says something else than its files is an error, and never waited for") {
    const Work work;
    const std::pair<const char*, const char*> rows[] = {
        {"[-1, 4]", "pyc"},                  // longer than the file
        {"[-1, 2]", "pyc"},                  // shorter
        {"[3]", "pyc"},                      // another number of sources
        {"{}", ""},                          //
        {"[\"3\", -1]", "pyc"},              //
        {"[-1, 99999999999999999]", "pyc"},  //
        {"[1e300, -1]", "pyc"},              //
        {"[-1, 3", "pyc"},                   //
    };
    for (const auto& [list, content] : rows) {
        INFO(list);
        CHECK_FALSE(work.compile([&, text = std::string(list), bytes = std::string(content)] {
            Work::put(work.folder / "0.json", text);
            Work::put(work.folder / "0.pyc", bytes);
        }));
        for (const char* file : {"0.py", "0.pyc", "0.json"}) fs::remove(work.folder / file);
    }
    CHECK_FALSE(work.compile([&] { ::mkfifo((work.folder / "0.json").c_str(), 0600); }));
    for (const char* file : {"0.py", "0.json"}) fs::remove(work.folder / file);
    CHECK_FALSE(work.compile([&] {
        Work::put(work.folder / "0.json", "[-1, 0]");
        ::mkfifo((work.folder / "0.pyc").c_str(), 0600);
    }));
}
