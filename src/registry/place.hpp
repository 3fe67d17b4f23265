// SPDX-License-Identifier: Apache-2.0
// Makes a registry a place of the one image reader. Used by every command that takes an IMAGE. An image's documents
// cost one small request each; a layer is fetched as a stream when it is opened. Never writes anything.
#pragma once

#include <memory>
#include <stop_token>

#include "oci/image_name.hpp"
#include "oci/image_source.hpp"
#include "oci/place.hpp"
#include "registry/session.hpp"

namespace tmplbuild::registry {

// The place keeps `client` alive.
std::unique_ptr<oci::Place> registry_place(std::shared_ptr<const Client> client, const Reference& image,
                                           std::stop_token stop);

// Opens an image by any name: those of oci::ImageSource::open(), and docker:// too.
Result<oci::ImageSource> open_image(const oci::ImageName& name, const std::shared_ptr<const Client>& client,
                                    const std::stop_token& stop);

}  // namespace tmplbuild::registry
