// SPDX-License-Identifier: Apache-2.0
// What is known of registries that no reply of theirs says: how large a blob may be there, and in which pieces it may
// come. One table, each row with where that is written. For uploads. Never asks anything.
#pragma once

#include <cstdint>
#include <string>

#include "base/error.hpp"

namespace tmplbuild::registry {

struct UploadLimits {
    bool is_known = false;           // there is a row; else the registry's own replies say whether it takes pieces
    bool takes_pieces = true;        // PATCH, and so going on after a cut
    std::uint64_t piece = 0;         // bytes of one PATCH; 0: none but to go on, a blob comes in one PUT
    std::uint64_t largest_blob = 0;  // bytes; 0: not known
};

inline constexpr std::uint64_t usual_piece = 32ULL << 20;    // where a registry takes pieces and names no limit
inline constexpr std::uint64_t smallest_piece = 1ULL << 20;  // a registry that takes none of this size takes none

UploadLimits upload_limits(const std::string& host);

// An error, before anything is sent, where the registry takes no blob of this size.
Result<void> check_blob_size(const std::string& host, const std::string& blob, std::uint64_t size);

}  // namespace tmplbuild::registry
