// SPDX-License-Identifier: Apache-2.0
// The downloads in the fields of the original template's downloader, for GET /status: scripts were written for it.
// Pure.
#pragma once

#include "base/json.hpp"

namespace tmplbuild::console {

// `view` is DownloadQueue::view(). One member for each destination.
json::object original_downloads(const json::object& view);

}  // namespace tmplbuild::console
