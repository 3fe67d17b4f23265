// SPDX-License-Identifier: Apache-2.0
// The arrows of docs/architecture.md, checked over every include line of src/ and runtime/.
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <string>

#include "support/catch.hpp"

namespace fs = std::filesystem;

static const std::map<std::string, std::set<std::string>> arrows = {
    {"base", {}},
    {"podspec", {"base"}},
    {"kernel", {"base"}},
    {"sys", {"base"}},
    {"io", {"base", "sys"}},
    {"store", {"base", "sys", "io"}},
    {"pack", {"base", "sys", "io", "store", "kernel"}},
    {"oci", {"base", "sys", "io", "store"}},
    {"verify", {"base", "sys", "io", "store", "pack", "oci", "podspec", "kernel"}},
    {"template", {"base", "sys", "kernel"}},
    {"resolve", {"base", "sys", "io", "store", "pack", "template", "kernel"}},
    {"plan", {"base", "sys", "store", "pack", "podspec", "template", "kernel", "resolve"}},
    {"build",
     {"base", "sys", "io", "store", "pack", "oci", "verify", "podspec", "template", "kernel", "resolve", "plan"}},
    {"cli", {"base", "sys", "io", "store", "oci", "verify", "template", "kernel", "resolve", "plan", "build"}},
    {"sandbox_init", {}},
    {"nvccfront", {}},
    {"loop", {"sys"}},
    {"podlog", {"base", "sys", "loop"}},
    {"status", {"base"}},
    {"control", {"base", "loop", "podlog"}},
    {"ctl", {"base", "control"}},
    {"gpu", {"base", "podspec", "kernel"}},
    {"gpuprobe", {"base", "sys", "kernel", "gpu"}},
    {"kernel_job", {"base", "sys", "podspec", "kernel"}},
    {"supervisor", {"base", "sys", "podspec", "kernel", "loop", "podlog", "status", "control", "gpu"}},
    {"launcher", {"base", "sys", "podlog", "podspec", "supervisor"}},
};

TEST_CASE("a room includes only what its arrows allow") {
    int files = 0;
    for (const char* root : {"src", "runtime"})
        for (const auto& room : fs::directory_iterator(fs::path(PROJECT_ROOT) / root)) {
            const std::string name = room.path().filename();
            REQUIRE(arrows.contains(name));
            for (const auto& file : fs::recursive_directory_iterator(room.path())) {
                if (!file.is_regular_file()) continue;
                ++files;
                std::ifstream text(file.path());
                for (std::string line; std::getline(text, line);) {
                    if (!line.starts_with("#include \"")) continue;
                    const std::string target = line.substr(10, line.find('/') - 10);
                    INFO(file.path().string() << ": " << line);
                    CHECK((target == name || arrows.at(name).contains(target)));
                }
            }
        }
    CHECK(files > 50);
}
