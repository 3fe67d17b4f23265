// SPDX-License-Identifier: Apache-2.0
#include "oci/layout_file.hpp"

#include "base/json.hpp"

namespace tmplbuild::oci {

Result<void> check_layout_file(std::string_view text, const std::string& name) {
    auto document = json::parse(text, name);
    if (!document) return document.error();
    if (document->is_object() && json::string_or(document->get_object(), "imageLayoutVersion", "") == "1.0.0")
        return {};
    return build_error("'" + name + "' does not say \"imageLayoutVersion\": \"1.0.0\"");
}

std::string blob_path(const Digest& digest) { return "blobs/sha256/" + digest.hex(); }

}  // namespace tmplbuild::oci
