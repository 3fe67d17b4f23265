// SPDX-License-Identifier: Apache-2.0
// The one rule for a file that a user names as an output: a regular file, or a new one, appears whole by rename, and
// links to it are followed; a pipe or a character device is written through and stays what it is; everything else is
// refused. Used by everything that writes by rename. Never writes anything itself.
#pragma once

#include <filesystem>
#include <functional>

#include "base/error.hpp"
#include "sys/fd.hpp"

namespace tmplbuild::sys {

struct WriteTarget {
    enum class Kind { file, stream };
    Kind kind = Kind::file;
    std::filesystem::path path;  // of a file: after its last links, so that the file is replaced and not the link
};
// Block devices, sockets and folders are usage errors.
Result<WriteTarget> write_target(const std::filesystem::path& file);

// Opens a pipe or character device for writing; waits until somebody reads from the pipe. `waiting` is called ten times
// a second, and an error from it ends the wait.
Result<Fd> open_stream(const std::filesystem::path& file, const std::function<Result<void>()>& waiting = {});

}  // namespace tmplbuild::sys
