// SPDX-License-Identifier: Apache-2.0
// DIR[:TAG], the name of an image in a layout or in an archive of one, read as containers/image reads it
// (containers-transports(5), oci:path[:reference]). For templates and the command line. Never looks at the disk.
#pragma once

#include <string>
#include <string_view>

#include "base/error.hpp"

namespace tmplbuild {

struct LayoutName {
    std::string path;
    std::string tag;  // empty: none

    // Splits at the first colon, so that a tag may hold more of them.
    static Result<LayoutName> parse(std::string_view text);
};

// The grammar of org.opencontainers.image.ref.name (OCI image-spec 1.1, annotations.md): "v1",
// "docker.io/library/a:12".
bool is_layout_tag(std::string_view text);

}  // namespace tmplbuild
