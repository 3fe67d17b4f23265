// SPDX-License-Identifier: Apache-2.0
// Reads one repository of a registry: manifests by tag or digest, blobs as streams. Every byte is checked against the
// digest by which it was requested; an interrupted blob is continued. For all code that reads from registries. Never
// keeps anything.
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
    std::string media_type;  // the Content-Type without its parameters
    Digest digest;           // of `text`
};

// distribution-spec 1.1, "Pulling manifests". `identifier` is a tag or "sha256:…"; the text has at most 4 MiB. An error
// when the registry names another digest than the text has, or sends another one than was requested.
Result<Document> fetch_manifest(Session& session, const std::string& identifier, const std::stop_token& stop);
// The same; none where the registry says that it has no such manifest.
Result<std::optional<Document>> find_manifest(Session& session, const std::string& identifier,
                                              const std::stop_token& stop);

// Whether the repository has the blob, and its size there (HEAD), which is `expected` where nothing is said of it;
// none: it does not have it.
Result<std::optional<std::uint64_t>> find_blob(Session& session, const Digest& digest, std::uint64_t expected,
                                               const std::stop_token& stop);

// "Pulling blobs": gives `size` bytes with this digest to `sink`, in order, each once. Bytes given before an error are
// not proven. An interrupted blob is continued by Range, with a new token if need be; after some tries without progress
// it gives up.
Result<void> fetch_blob(Session& session, const Digest& digest, std::uint64_t size, const io::HttpBodySink& sink,
                        const std::stop_token& stop);
// The bytes from `from` on, of a blob of that size. Where that is not the first byte, the caller has those before, and
// checks the digest.
struct BlobRange {
    std::uint64_t size, from;
};
Result<void> fetch_blob(Session& session, const Digest& digest, const BlobRange& range, const io::HttpBodySink& sink,
                        const std::stop_token& stop);

// Whether an error of fetch_blob() says that the registry answered that it has no such blob.
bool is_lost_blob(const Error& error);
// Whether an error of these functions says that other bytes came than were asked for: the connection is not at fault.
bool is_other_content(const Error& error);

}  // namespace tmplbuild::registry
