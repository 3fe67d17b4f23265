// SPDX-License-Identifier: Apache-2.0
// The builder's story: template → lock and facts → plan → steps → image → outputs. Called by cli/. Throws BuildError.
#pragma once

#include <filesystem>
#include <stop_token>
#include <string>
#include <vector>

#include "base/progress.hpp"
#include "build/prepare.hpp"
#include "oci/image.hpp"
#include "oci/image_name.hpp"
#include "store/store.hpp"
#include "template/parse.hpp"

namespace tmplbuild {

struct BuildRequest {
    std::filesystem::path template_file;
    ParseOptions parse;
    std::vector<oci::ImageName> outputs;  // empty: a layout at out/<name>
    std::filesystem::path launcher;
};

struct BuiltStep {
    std::string id;
    Digest key;
    bool hit = false;
    double seconds = 0;  // what building it took, now or then
    std::vector<BuiltLayer> layers;
};

struct BuildReport {
    oci::Image image;
    std::vector<oci::ImageName> outputs;
    std::vector<BuiltStep> steps;
};

BuildReport build_image(const BuildRequest& request, const Store& store, io::ProcessRunner& processes,
                        Progress& progress, std::stop_token stop);

}  // namespace tmplbuild
