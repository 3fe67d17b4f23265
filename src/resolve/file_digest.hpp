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
// The same files by what stat(2) says of them (inode, size, mode, change time): a digest still holds while the
// signature is equal to the one from before the digest. None when a file changed so shortly ago that the clock of its
// file system could hide another change: then only hashing again can tell.
Result<std::optional<Digest>> sign_files(std::span<const FileItem> items);

}  // namespace tmplbuild
