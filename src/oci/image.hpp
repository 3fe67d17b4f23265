// SPDX-License-Identifier: Apache-2.0
// An image as OCI defines it (image-spec 1.1: manifest.md, config.md): it is made from finished layers, and its two
// documents are put into the store. The same layers and options give the same bytes. Never touches the content of
// layers. Used by the engine and by what writes images.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "store/store.hpp"

namespace tmplbuild::oci {

// Runtimes and overlay mounts fail above about 127 lower directories; the base's layers count too.
inline constexpr std::size_t max_layers = 120;

struct ImageSpec {
    std::vector<BuiltLayer> layers;  // bottom first
    std::map<std::string, std::string> environment, labels, annotations;
    std::vector<std::string> entrypoint;
    std::string user, directory;  // empty: root, "/"
    std::vector<std::uint16_t> exposed_ports;
    std::set<std::string> inherited_ports, volumes;  // as config.md writes them: "53/udp", "/data"
};

struct Image {
    std::string manifest, config;  // canonical JSON
    Digest manifest_digest, config_digest;
    std::vector<BuiltLayer> layers;
    std::uint64_t size() const;  // the sum of everything that a registry would hold
};

// The documents hold no time: `created` is optional (config.md), and a constant would only imitate one.
Result<Image> assemble_image(const Store& store, const ImageSpec& spec);

}  // namespace tmplbuild::oci
