// SPDX-License-Identifier: Apache-2.0
// Where a finished image goes: layout folders, archives, registries. Used by build.cpp. An output that cannot be
// written is refused before anything is built; each output appears whole or not at all. Throws BuildError.
#pragma once

#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "base/progress.hpp"
#include "oci/image.hpp"
#include "oci/image_name.hpp"
#include "oci/place.hpp"
#include "registry/session.hpp"
#include "store/store.hpp"

namespace tmplbuild {

// `also_written`: the files of other options, such as --metadata-file.
void check_outputs(const std::vector<oci::ImageName>& outputs,
                   const std::vector<std::filesystem::path>& also_written = {});

// Asks the registries among `outputs` for a place, so that one that cannot be reached, or does not know us, ends the
// build before it has begun. `client` is there when there are such outputs.
void check_registries(const std::vector<oci::ImageName>& outputs, const registry::Client* client,
                      const std::stop_token& stop);

// `name` is the template's; an output that needs a name and has none of its own gets it. Registries come last. `blobs`
// opens the image's blobs for them; layouts and archives take them from the store.
void write_outputs(const Store& store, const oci::Image& image, const std::string& name,
                   const std::vector<oci::ImageName>& outputs, const registry::Client* client,
                   const std::shared_ptr<const oci::Place>& blobs, Progress& progress, const std::stop_token& stop);

}  // namespace tmplbuild
