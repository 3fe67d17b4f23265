// SPDX-License-Identifier: Apache-2.0
// Makes one tar in the store from a source tree (source_tree.hpp): the same files give the same bytes on any machine.
// From then on it is an sdist like any other, named by its hash. Used while resolving, and when the store lacks an
// archive that a lock names. Never runs anything of the tree, never follows a link out of it.
#pragma once

#include <string>

#include "resolve/context.hpp"
#include "resolve/requirements_text.hpp"
#include "resolve/source_tree.hpp"

namespace tmplbuild {

struct SourceArchive {
    Digest sha256;
    std::uint64_t size = 0;
};

// All files lie below this folder of the tar.
inline constexpr const char* source_archive_top = "source";

// `local` is for a folder of the context. Usage errors: a link that leads out of the tree, a special file, a
// subdirectory that the tree does not have.
Result<SourceArchive> archive_source(const SourceTree& tree, const ContextFile& local, ResolveContext& context);
// The digest of a folder's archive content, without making the archive: a lock's request is compared with it.
Result<Digest> digest_source_folder(const ContextFile& local);

}  // namespace tmplbuild
