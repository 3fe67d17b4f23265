// SPDX-License-Identifier: Apache-2.0
// How people name an image or an output, as skopeo and buildah do (containers-transports(5)): oci:DIR[:TAG],
// oci-archive:FILE[:TAG], docker-archive:FILE[:NAME[:TAG]], docker://REF; a bare DIR[:TAG] is a layout. Never looks at
// the disk.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace tmplbuild::oci {

// The ways to name an image of this machine, for help texts and hints.
inline constexpr const char* image_names =
    "oci:DIR[:TAG], oci-archive:FILE[:TAG], docker-archive:FILE[:NAME[:TAG]], or a layout's folder";

struct ImageName {
    enum class Kind { layout, oci_archive, docker_archive, registry };
    Kind kind = Kind::layout;
    std::filesystem::path path;  // all but registry
    std::string tag;             // layout, oci_archive: may be empty
    std::string reference;       // registry; docker_archive: "name:tag" or empty

    static Result<ImageName> parse(std::string_view text);
    std::string to_string() const;
};

// "name" or "registry/name:tag" by the grammar of distribution's reference.go, without a digest; ":latest" is added.
Result<std::string> parse_docker_reference(std::string_view text);

}  // namespace tmplbuild::oci
