// SPDX-License-Identifier: Apache-2.0
// A registry as one more place of the one image reader. For every command that takes an IMAGE, and for bases. An
// image's documents cost one small request each; a layer is fetched when it is opened, as a stream. Never writes
// anything.
#pragma once

#include <memory>
#include <stop_token>

#include "oci/image_name.hpp"
#include "oci/image_source.hpp"
#include "oci/place.hpp"
#include "registry/session.hpp"

namespace tmplbuild::registry {

// `client` lives as long as the place.
std::unique_ptr<oci::Place> registry_place(std::shared_ptr<const Client> client, const Reference& image,
                                           std::stop_token stop);

// An image wherever it is named: as oci::ImageSource::open(), and docker:// too.
Result<oci::ImageSource> open_image(const oci::ImageName& name, const std::shared_ptr<const Client>& client,
                                    const std::stop_token& stop);

}  // namespace tmplbuild::registry
