// SPDX-License-Identifier: Apache-2.0
// Where a finished image goes: layout folders and archives. Used by build.cpp. An output that cannot be written is
// refused before anything is built; each output appears whole or not at all. Throws BuildError.
#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "base/progress.hpp"
#include "oci/image.hpp"
#include "oci/image_name.hpp"
#include "store/store.hpp"

namespace tmplbuild {

// `also_written`: the files of other options, such as --metadata-file.
void check_outputs(const std::vector<oci::ImageName>& outputs,
                   const std::vector<std::filesystem::path>& also_written = {});

// `name` is the template's; an output that needs a name and has none of its own gets it.
void write_outputs(const Store& store, const oci::Image& image, const std::string& name,
                   const std::vector<oci::ImageName>& outputs, Progress& progress, const std::stop_token& stop);

}  // namespace tmplbuild
