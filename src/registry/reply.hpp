// SPDX-License-Identifier: Apache-2.0
// Small readings of registries' replies that pull and push share. Never asks anything.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/reference.hpp"
#include "io/http.hpp"

namespace tmplbuild::registry {

// How many bytes an upload has by its Range header (distribution-spec 1.1, "Pushing a blob in chunks"), "0-N" or
// "bytes=0-N": N + 1. "0-0" is said of one byte and of none, and counts as none. None: it says nothing of that kind.
std::optional<std::uint64_t> bytes_taken(const io::HttpResponse& response);

// What a manifest or a blob is called in messages: "ghcr.io/me/x:1", "ghcr.io/me/x@sha256:…".
std::string name_in(const Reference& repository, const std::string& identifier);

// The URL with one more part of its query, "digest=sha256%3A…".
std::string with_query(const std::string& url, const std::string& part);

}  // namespace tmplbuild::registry
