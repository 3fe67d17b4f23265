// SPDX-License-Identifier: Apache-2.0
#include "registry/media_types.hpp"

#include "base/text.hpp"
#include "oci/documents.hpp"

namespace tmplbuild::registry {

std::string accepted_manifests() {
    return join({oci::index_type, oci::manifest_type, oci::docker_list_type, oci::docker_manifest_type}, ", ");
}

}  // namespace tmplbuild::registry
