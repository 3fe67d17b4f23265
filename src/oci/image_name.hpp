// SPDX-License-Identifier: Apache-2.0
// The names that people give images and outputs, in the forms of skopeo and buildah (containers-transports(5)):
// oci:DIR[:TAG], oci-archive:FILE[:TAG], docker-archive:FILE[:NAME[:TAG]], docker://REF; a plain DIR[:TAG] is a layout.
// Used by the command line and the builder. Never looks at the disk.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace tmplbuild::oci {

// The forms of names for images on this machine, for help texts and hints.
inline constexpr const char* image_names =
    "oci:DIR[:TAG], oci-archive:FILE[:TAG], docker-archive:FILE[:NAME[:TAG]], or a layout's folder";

struct ImageName {
    enum class Kind { layout, oci_archive, docker_archive, registry };
    Kind kind = Kind::layout;
    std::filesystem::path path;  // for all kinds but registry
    std::string tag;             // layout, oci_archive: may be empty
    std::string reference;       // for a registry; for a docker_archive "name:tag" or empty

    static Result<ImageName> parse(std::string_view text);
    std::string to_string() const;
};

// Reads "name" or "registry/name:tag" by the grammar of distribution's reference.go, without a digest; adds ":latest".
Result<std::string> parse_docker_reference(std::string_view text);

}  // namespace tmplbuild::oci
