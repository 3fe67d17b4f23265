// SPDX-License-Identifier: Apache-2.0
#include "base/error.hpp"
#include "cli/commands.hpp"
#include "io/process.hpp"

namespace tmplbuild::cli {

namespace fs = std::filesystem;

fs::path launcher_file() {
    const fs::path folder = io::this_program().parent_path();
    std::error_code failed;
    // Beside the program in a build tree, under lib/ where it was installed.
    for (const fs::path& place : {folder / "launcher", folder / "../lib/tmplbuild/launcher"})
        if (fs::is_regular_file(place, failed)) return place;
    throw BuildError(
        machine_error("the launcher that goes into images is missing beside '" + io::this_program().string() + "'",
                      "build the whole project: cmake --build --preset dev"));
}

fs::path recipes_folder() {
    std::error_code failed;
    const fs::path installed = io::this_program().parent_path() / "../share/tmplbuild/layers";
    if (fs::is_directory(installed, failed)) return installed;
    for (fs::path at = io::this_program().parent_path(); at.has_relative_path(); at = at.parent_path())
        if (fs::is_directory(at / "layers", failed) && fs::exists(at / "CMakeLists.txt", failed)) return at / "layers";
    return installed;
}

}  // namespace tmplbuild::cli
