// SPDX-License-Identifier: Apache-2.0
// One thing that somebody wants downloaded, as the API takes it: {"url", "directory" or "path", "name", "sha256",
// "size", "set"}. Read and checked here; the worker puts it into its queue. Pure.
#pragma once

#include "download/item.hpp"
#include "download/place.hpp"
#include "download/source.hpp"

namespace tmplbuild::download {

// "directory" is a folder beneath the models folder; a "name" may have more of it ("wan/x.safetensors"). "path" is
// absolute, or beneath the volume: with a "name" it is the folder, without one the file itself.
Result<Item> read_order(const json::value& value, const Roots& roots, const Endpoints& endpoints);

}  // namespace tmplbuild::download
