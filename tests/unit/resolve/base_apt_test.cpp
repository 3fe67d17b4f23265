// SPDX-License-Identifier: Apache-2.0
#include "resolve/base_apt.hpp"

#include <sys/stat.h>

#include <filesystem>

#include "support/catch.hpp"
#include "sys/file.hpp"

using namespace tmplbuild;
namespace fs = std::filesystem;

static void put(const fs::path& file, const std::string& text) {
    REQUIRE(sys::make_directories(file.parent_path()));
    REQUIRE(sys::write_file_atomic(file, text));
}

TEST_CASE("a base's sources, keys and pins are read beneath its root") {
    auto folder = sys::TempDirectory::make(fs::temp_directory_path(), "base-apt");
    REQUIRE(folder);
    const fs::path root = folder->path() / "root";
    put(root / "etc/apt/sources.list",
        "deb http://archive.test/ubuntu jammy main\n"
        "deb [trusted=yes] file:/srv/packages ./\n"
        "deb [signed-by=/usr/share/keyrings/x.gpg inrelease-path=/etc/shadow] https://x.test/apt stable main\n");
    put(root / "etc/apt/sources.list.d/y.sources",
        "Types: deb\nURIs: https://y.test/apt\nSuites: y\nComponents: main\nSigned-By: /outside.gpg\n");
    put(root / "usr/share/keyrings/x.gpg", "key of x");
    put(root / "etc/apt/trusted.gpg.d/own.gpg", std::string("\x99\0key", 5));
    put(root / "etc/apt/preferences.d/pin.pref", "Package: *\nPin: release o=x\nPin-Priority: 600\n");
    // Neither a link to this machine nor a pipe may be taken for the base's.
    put(folder->path() / "secret", "of this machine");
    fs::create_symlink(folder->path() / "secret", root / "outside.gpg");
    REQUIRE(::mkfifo((root / "etc/apt/sources.list.d/pipe.list").c_str(), 0600) == 0);

    auto beneath = sys::Beneath::open(root, sys::Outside::is_root);
    REQUIRE(beneath);
    const BaseApt apt = read_base_apt(*beneath);
    REQUIRE(apt.sources.size() == 3);
    CHECK(suites_of(apt.sources) == std::vector<std::string>{"jammy", "stable", "y"});
    CHECK(apt.sources[1].options.empty());
    CHECK(apt.keys.size() == 2);
    CHECK(apt.keys.at("/usr/share/keyrings/x.gpg") == "key of x");
    CHECK(apt.trusted == std::vector<std::string>{"/etc/apt/trusted.gpg.d/own.gpg"});
    CHECK(apt.preferences.find("Pin-Priority: 600") != std::string::npos);
    CHECK(BaseApt::from_json(apt.to_json()).value() == apt);
}
