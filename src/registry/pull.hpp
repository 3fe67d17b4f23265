// SPDX-License-Identifier: Apache-2.0
// What a registry has of one repository: manifests by tag or digest, blobs as streams. Every byte is checked against
// the digest that it was asked for by; a blob that was cut goes on where it was. For the registry as a place of images,
// and for whatever else reads from one. Never keeps anything.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/digest.hpp"
#include "registry/session.hpp"

namespace tmplbuild::registry {

struct Document {
    std::string text;
    std::string media_type;  // as the Content-Type says it, without parameters
    Digest digest;           // of `text`
};

// distribution-spec 1.1, "Pulling manifests". `identifier` is a tag or "sha256:…"; at most 4 MiB. An error when the
// registry says another digest than the bytes have, or was asked for one and sent something else.
Result<Document> fetch_manifest(Session& session, const std::string& identifier, const std::stop_token& stop);

// Whether the repository has the blob, and how large it is there (HEAD); none: it has not.
Result<std::optional<std::uint64_t>> find_blob(Session& session, const Digest& digest, const std::stop_token& stop);

// "Pulling blobs": `size` bytes with this digest to `sink`, in order, each once. What was given before an error is not
// proven. After a cut it goes on by Range, also with a new token; it gives up after some tries without progress.
Result<void> fetch_blob(Session& session, const Digest& digest, std::uint64_t size, const io::HttpBodySink& sink,
                        const std::stop_token& stop);

}  // namespace tmplbuild::registry
