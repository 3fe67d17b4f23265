// SPDX-License-Identifier: Apache-2.0
// The last part of a push: the manifest and its tags (distribution-spec 1.1, "Pushing Manifests"). For the push alone.
#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "registry/pushed_image.hpp"
#include "registry/session.hpp"

namespace tmplbuild::registry {

// Those of `identifiers` (tags, or the digest) under which the registry does not have this manifest.
Result<std::vector<std::string>> lacking(Session& session, const PushedImage& image,
                                         const std::vector<std::string>& identifiers, const std::stop_token& stop);

// Several tags in one request where the registry answers it ("OCI-Tag"), else one after the other. False: the registry
// says that it does not have one of the blobs.
Result<bool> put_manifest(Session& session, const PushedImage& image, const std::vector<std::string>& identifiers,
                          const std::stop_token& stop);

}  // namespace tmplbuild::registry
