// SPDX-License-Identifier: Apache-2.0
// An image's three documents as others wrote them (OCI image-spec 1.1: image-index.md, manifest.md, config.md, and
// Docker's twins of them), read strictly: bytes in, checked values out. For ImageSource. Never
// fetches anything and trusts no digest that it did not parse. What these refuse is an image that tools disagree about
// (CVE-2021-41190), an artifact that is no image, or one for another platform.
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
inline constexpr int index_depth = 3;                     // an index in an index in the layout's own; more is a game

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
    bool is_note = false;  // about another image (an attestation, a signature), not one itself
};

struct Manifest {
    Descriptor config;
    std::vector<Descriptor> layers;  // bottom first; all tars, plain or by gzip or zstd
};

struct ImageConfig {
    std::vector<Digest> diff_ids;
    std::vector<std::string> history;  // one a layer, what made it; may be empty texts
    std::map<std::string, std::string> environment, labels;
    std::vector<std::string> entrypoint, command;
    std::string user, directory, stop_signal;
    std::vector<std::string> exposed_ports, volumes;      // as written, sorted
    bool has_health_check = false, has_on_build = false;  // Docker's own
};

bool is_index(std::string_view media_type);     // OCI's, or Docker's manifest list
bool is_manifest(std::string_view media_type);  // OCI's, or Docker's version 2, schema 2

// `media_type`: what the descriptor or the registry's header says; the document must not say something else. `name` is
// for errors.
Result<std::vector<Descriptor>> parse_index(std::string_view text, std::string_view media_type,
                                            const std::string& name);
Result<Manifest> parse_manifest(std::string_view text, std::string_view media_type, const std::string& name);
// linux/amd64 only.
Result<ImageConfig> parse_config(std::string_view text, const std::string& name);

// An image whose configuration lists another number of layers than its manifest.
Error layers_differ(const std::string& config_name, std::size_t listed, std::size_t there);

// The entry that is meant: of those tagged `tag` (all when it is empty) the image for linux/amd64. What only speaks
// about an image (attestations, signatures) and what is of an unknown kind is passed over where there is something
// else.
Result<Descriptor> choose(const std::vector<Descriptor>& entries, const std::string& tag, const std::string& name);

}  // namespace tmplbuild::oci
