// SPDX-License-Identifier: Apache-2.0
#include "resolve/sdist_metadata.hpp"

#include "io/process.hpp"
#include "support/catch.hpp"
#include "sys/file.hpp"

using namespace tmplbuild;
namespace fs = std::filesystem;
using Texts = std::vector<std::string>;

namespace {

using Files = std::vector<std::pair<std::string, std::string>>;

// An sdist of "p" 1 with the given files.
struct Sdist {
    sys::TempDirectory folder = sys::TempDirectory::make(fs::temp_directory_path(), "sdist-test-").value();
    fs::path file = folder.path() / "p-1.tar.gz";
    explicit Sdist(const Files& files) {
        for (const auto& [path, text] : files) REQUIRE(sys::write_file_atomic(folder.path() / "p-1" / path, text));
        io::SystemProcessRunner runner;
        REQUIRE(runner.run_checked({.argv = {"tar", "czf", file, "p-1"}, .directory = folder.path()}, {}, "tar"));
    }
    Result<SdistMetadata> read() const { return read_sdist_metadata(file, "p", "1"); }
};

}  // namespace

TEST_CASE("dependencies come from PKG-INFO") {
    const Sdist sdist(
        {{"PKG-INFO",
          "Metadata-Version: 2.1\nName: p\nRequires-Dist: numpy>=1\nRequires-Dist: pytest; extra == \"test\"\n"
          "Provides-Extra: test\nRequires-Python: >=3.8\n\nRequires-Dist: not-this\n"},
         {"p.egg-info/requires.txt", "not-this-either\n"},
         {"sub/PKG-INFO", "Requires-Dist: nor-this\n"}});
    const SdistMetadata metadata = sdist.read().value();
    CHECK(metadata.requires_dist == Texts{"numpy>=1", "pytest; extra == \"test\""});
    CHECK(metadata.extras == Texts{"test"});
    CHECK(metadata.requires_python == ">=3.8");
}

TEST_CASE("dependencies come from requires.txt where PKG-INFO has none") {
    const Sdist sdist(
        {{"PKG-INFO", "Metadata-Version: 1.2\nName: p\n"},
         {"src/p.egg-info/requires.txt",
          "numpy>=1\n\n[:python_version < \"3\"]\nfutures\n\n[test]\npytest\n\n[win:os_name == \"nt\"]\npywin\n"},
         {"vendor/x/y.egg-info/requires.txt", "vendored\n"}});
    const SdistMetadata metadata = sdist.read().value();
    CHECK(metadata.requires_dist == Texts{"numpy>=1", "futures ; (python_version < \"3\")",
                                          "pytest ; extra == \"test\"",
                                          "pywin ; (os_name == \"nt\") and extra == \"win\""});
    CHECK(metadata.extras == Texts{"test", "win"});
    SdistMetadata own;
    parse_requires_txt("[x]\na; python_version < '4'\n", own);
    CHECK(own.requires_dist == Texts{"a; (python_version < '4') and extra == \"x\""});
}

TEST_CASE("an sdist that names no dependency has none, and one without PKG-INFO is an error") {
    CHECK(Sdist(Files{{"PKG-INFO", "Metadata-Version: 1.0\nName: p\n"}}).read().value().requires_dist.empty());
    CHECK_FALSE(Sdist(Files{{"setup.py", "\n"}}).read());
}

TEST_CASE("what a build needs stands in pyproject.toml") {
    const Sdist modern({{"pyproject.toml", "[build-system]\nrequires = [\"hatchling>=1\", \"hatch-vcs\"]\n"},
                        {"sub/pyproject.toml", "[build-system]\nrequires = [\"no\"]\n"}});
    CHECK(read_build_requirements(modern.file).value() == Texts{"hatchling>=1", "hatch-vcs"});
    const Texts setuptools = {"setuptools>=40.8.0", "wheel"};
    CHECK(read_build_requirements(Sdist(Files{{"setup.py", "\n"}}).file).value() == setuptools);
    CHECK(read_build_requirements(Sdist(Files{{"pyproject.toml", "[tool.x]\n"}}).file).value() == setuptools);
    CHECK_FALSE(read_build_requirements(Sdist(Files{{"pyproject.toml", "[build-system]\n"}}).file));
    CHECK_FALSE(read_build_requirements(Sdist(Files{{"pyproject.toml", "[build-\n"}}).file));
}
