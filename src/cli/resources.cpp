// SPDX-License-Identifier: Apache-2.0
#include <string>

#include "base/error.hpp"
#include "base/text.hpp"
#include "cli/commands.hpp"
#include "io/this_program.hpp"
#include "sys/file.hpp"

namespace tmplbuild::cli {

namespace fs = std::filesystem;

// The path of one of our programs: beside this one or in libexec/, in a build tree as in a release.
static fs::path companion(
    const std::string& name,
    const char* hint = "unpack the whole release, or build the whole project: cmake --build --preset dev") {
    const fs::path folder = io::this_program().parent_path();
    std::error_code failed;
    for (const fs::path& place : {folder / name, folder / "../libexec" / name})
        if (fs::is_regular_file(place, failed)) return place;
    throw BuildError(
        machine_error("the program '" + name + "' is missing beside '" + io::this_program().string() + "'", hint));
}

std::map<std::string, fs::path> image_programs() {
    std::map<std::string, fs::path> out{{"opt/tmplbuild/launcher", companion("launcher")},
                                        {"opt/tmplbuild/tmpl-ctl", companion("tmpl-ctl")},
                                        {"opt/tmplbuild/kernel-job", companion("kernel-job")}};
    // Those that come with their own loader and C library have a folder each.
    const auto add_folder = [&](const std::string& name, const fs::path& folder) {
        for (const auto& entry : fs::directory_iterator(folder))
            out["opt/tmplbuild/" + name + "/" + entry.path().filename().string()] = entry.path();
    };
    add_folder("gpu", companion("gpu/gpu-probe").parent_path());
    add_folder("gateway", companion("gateway/start").parent_path());
    companion("gateway/nginx",
              "unpack the whole release, or put it there: scripts/install-nginx build/<preset>/libexec");
    add_folder("download", companion("download/tmplbuild-download").parent_path());
    out["opt/tmplbuild/console/tmplbuild-console"] = companion("console/tmplbuild-console");
    out["opt/tmplbuild/console/models.toml"] = recipes_folder() / "console/models.toml";
    return out;
}
fs::path sandbox_init_file() { return companion("sandbox-init"); }
fs::path nvcc_front_file() { return companion("nvcc-front"); }

fs::path fake_driver_folder() { return companion("fake-driver/libcuda.so.1").parent_path(); }

fs::path recipes_folder() {
    std::error_code failed;
    const fs::path installed = io::shared_file("layers");
    if (fs::is_directory(installed, failed)) return installed;
    for (fs::path at = io::this_program().parent_path(); at.has_relative_path(); at = at.parent_path())
        if (fs::is_directory(at / "layers", failed) && fs::exists(at / "CMakeLists.txt", failed)) return at / "layers";
    return installed;
}

std::vector<std::string> bundled_packages() {
    // A release without its list is still a tool; its packer makes sure that it has one.
    const auto text = sys::read_file(io::shared_file("packages"));
    if (!text) return {};
    std::vector<std::string> lines = split(*text, '\n');
    std::erase(lines, "");
    return lines;
}

}  // namespace tmplbuild::cli
