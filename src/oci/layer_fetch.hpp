// SPDX-License-Identifier: Apache-2.0
// Takes one layer of a remote image into the store, checked on the way. What has come of it stays when the process
// ends, and a later one goes on where it was. Used by import_image. Never keeps what is not the layer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <stop_token>

#include "oci/image_source.hpp"
#include "store/store.hpp"

namespace tmplbuild::oci {

// Told of bytes that were read; a negative number takes some back. An error from it ends the reading.
using Advance = std::function<Result<void>(std::int64_t bytes)>;

// `stop` ends it, also while nothing comes.
Result<BuiltLayer> fetch_layer(const Store& store, const ImageSource& image, std::size_t which, const Advance& advance,
                               const std::stop_token& stop);

}  // namespace tmplbuild::oci
