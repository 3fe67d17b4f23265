// SPDX-License-Identifier: Apache-2.0
#include "kernel/variant_digest.hpp"

namespace tmplbuild::kernel {

Digest variant_digest(const std::map<std::string, Digest>& files) {
    Sha256 hash;
    hash.update(std::string_view("tmplbuild variant 1\n"));
    for (const auto& [path, digest] : files) {
        // The length of a name comes first, so that no name can imitate the next line.
        hash.update(std::to_string(path.size()) + " " + path + " " + digest.hex() + "\n");
    }
    return hash.finish();
}

}  // namespace tmplbuild::kernel
