// SPDX-License-Identifier: Apache-2.0
// A finished step as a shared cache holds it in a repository: an OCI artifact (image-spec 1.1, manifest.md) whose
// configuration is the step's document, and whose blobs are the step's layers and the small files that belong to them.
// Written and read here and nowhere else; docs/decisions/0022-the-artifact-of-a-step.md says why it is so. Pure: bytes
// in, checked values out.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "oci/documents.hpp"
#include "store/store.hpp"

namespace tmplbuild::cache {

inline constexpr const char* artifact_type = "application/vnd.tmplbuild.step.v1";
inline constexpr const char* document_type = "application/vnd.tmplbuild.step.record.v1+json";
inline constexpr const char* side_type = "application/vnd.tmplbuild.step.side.v1+zstd";
inline constexpr std::uint64_t document_limit = 16ULL << 20;  // bytes of a step's document
inline constexpr std::uint64_t side_limit = 64ULL << 20;      // bytes of a side file, compressed

// Annotations of the artifact, for people and for clean-ups. Nothing that they say is believed.
inline constexpr const char* key_note = "dev.tmplbuild.cache.key";
inline constexpr const char* step_note = "dev.tmplbuild.cache.step";
inline constexpr const char* version_note = "dev.tmplbuild.cache.version";
inline constexpr const char* created_note = "org.opencontainers.image.created";
// The one annotation that counts, for who has a key: the signature of what text_to_sign() says, in base64.
inline constexpr const char* signature_note = "dev.tmplbuild.cache.signature";

// One of the store's side files of a layer, as a blob.
struct SideBlob {
    Digest layer;      // the layer's blob
    std::string kind;  // as the store calls it: "layer-index-3"
    Digest digest;     // of the file, compressed
    std::uint64_t size = 0;
    bool operator==(const SideBlob&) const = default;
};

struct StepDocument {
    Record record;
    std::vector<SideBlob> side{};
};

// A layer as a blob, as manifests name it.
oci::Descriptor descriptor_of(const BuiltLayer& layer);

// The tag of a key in every repository that is a cache: "step-<hex>".
std::string tag_of(const Digest& key);

// What a signature is made of. The document names the record, all layers and all side files by their digests.
std::string text_to_sign(const Digest& key, const Digest& document);

std::string document_text(const StepDocument& document);
std::string manifest_text(const StepDocument& document, const std::map<std::string, std::string>& annotations);

// The artifact that a repository has under the tag of a key, checked as far as it can be without its document.
Result<oci::Artifact> parse_manifest(std::string_view text, std::string_view media_type, const std::string& name);
// The document, which has to be of this key and to name the blobs that the artifact names.
Result<StepDocument> parse_document(std::string_view text, const Digest& key, const oci::Artifact& artifact,
                                    const std::string& name);

}  // namespace tmplbuild::cache
