// SPDX-License-Identifier: Apache-2.0
// Small members of a tar or zip archive (archive.hpp), read into memory. Used to look into source distributions. Never
// unpacks to disk, never runs anything; bounded in what it reads.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace tmplbuild::io {

using MemberChoice = std::function<bool(std::string_view path)>;  // without "./" before it

// The first regular member that is chosen; none is no error. A member above `limit` bytes is one, and so is an archive
// that cannot be read.
Result<std::optional<std::string>> read_archive_member(const std::filesystem::path& archive, const MemberChoice& choice,
                                                       std::uint64_t limit = 4ULL << 20);
// All that are chosen, by path; together at most `limit` bytes.
Result<std::map<std::string, std::string>> read_archive_members(const std::filesystem::path& archive,
                                                                const MemberChoice& choice,
                                                                std::uint64_t limit = 4ULL << 20);

}  // namespace tmplbuild::io
