// SPDX-License-Identifier: Apache-2.0
// Reads an image's three documents as others wrote them (OCI image-spec 1.1: image-index.md, manifest.md, config.md,
// and Docker's equivalents), strictly: bytes in, checked values out. Used by the readers and writers of this room.
// Never fetches anything and trusts no digest that it did not parse. It refuses images about which tools disagree
// (CVE-2021-41190), artifacts that are not images, and images for another platform.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.hpp"
#include "base/error.hpp"

namespace tmplbuild::oci {

inline constexpr std::uint64_t document_limit = 4 << 20;  // bytes; what registries accept for a manifest
inline constexpr int index_depth = 3;  // an index in an index in the layout's own; no real image has more

inline constexpr const char* index_type = "application/vnd.oci.image.index.v1+json";
inline constexpr const char* manifest_type = "application/vnd.oci.image.manifest.v1+json";
inline constexpr const char* docker_list_type = "application/vnd.docker.distribution.manifest.list.v2+json";
inline constexpr const char* docker_manifest_type = "application/vnd.docker.distribution.manifest.v2+json";
inline constexpr const char* docker_config_type = "application/vnd.docker.container.image.v1+json";

struct Descriptor {
    std::string media_type;
    Digest digest;
    std::uint64_t size = 0;
    std::string platform;  // "linux/amd64", "linux/arm/v7"; empty: not said
    std::string tag;       // org.opencontainers.image.ref.name
    bool is_note = false;  // it is about another image (an attestation, a signature)
};

struct Manifest {
    Descriptor config;
    std::vector<Descriptor> layers;  // bottom first; all tars, plain or by gzip or zstd
};

// A manifest that holds something else than an image (manifest.md, "Guidelines for Artifact Usage").
struct Artifact {
    std::string type;
    Descriptor config;
    std::vector<Descriptor> blobs;                   // its `layers`, of any kinds
    std::map<std::string, std::string> annotations;  // those that are texts
};

struct ImageConfig {
    std::vector<Digest> diff_ids;
    std::vector<std::string> history;  // what made each layer, one text for each; texts may be empty
    std::map<std::string, std::string> environment, labels;
    std::vector<std::string> entrypoint, command;
    std::string user, directory, stop_signal;
    std::vector<std::string> exposed_ports, volumes;      // as written, sorted
    bool has_health_check = false, has_on_build = false;  // Docker's own
};

bool is_index(std::string_view media_type);     // OCI's, or Docker's manifest list
bool is_manifest(std::string_view media_type);  // OCI's, or Docker's version 2, schema 2

// `media_type`: the type that the descriptor or the registry's header says; the document must not say another one.
// `name` is for errors.
Result<std::vector<Descriptor>> parse_index(std::string_view text, std::string_view media_type,
                                            const std::string& name);
Result<Manifest> parse_manifest(std::string_view text, std::string_view media_type, const std::string& name);
// For OCI's manifests alone. What its kind and its blobs mean is the caller's to check.
Result<Artifact> parse_artifact(std::string_view text, std::string_view media_type, const std::string& name);
// Accepts linux/amd64 only.
Result<ImageConfig> parse_config(std::string_view text, const std::string& name);

// The error for an image whose configuration lists another number of layers than its manifest.
Error layers_differ(const std::string& config_name, std::size_t listed, std::size_t there);

// The image for linux/amd64 among the entries tagged `tag` (among all when it is empty). Entries about an image
// (attestations, signatures) and entries of an unknown kind are ignored where there are others.
Result<Descriptor> choose(const std::vector<Descriptor>& entries, const std::string& tag, const std::string& name);

}  // namespace tmplbuild::oci
