// SPDX-License-Identifier: Apache-2.0
// What a step copies (context_files.hpp), as one digest: names, kinds, modes that count, and content. Resolve
// asks before the plan, the step asks again after packing. Never depends on times, owners, umask or where the template
// lies.
#pragma once

#include <optional>
#include <span>

#include "base/digest.hpp"
#include "base/error.hpp"
#include "template/file_item.hpp"

namespace tmplbuild {

Result<Digest> digest_files(std::span<const FileItem> items);
// The same files by what stat(2) says of them (inode, size, mode, change time): two equal signatures with a digest
// between them mean that the digest still holds. None when a file changed so shortly ago that the clock of its file
// system could hide another change: then only hashing again tells.
Result<std::optional<Digest>> sign_files(std::span<const FileItem> items);

}  // namespace tmplbuild
