// SPDX-License-Identifier: Apache-2.0
// Reads small members of a tar or zip archive (archive.hpp) into memory. Used to look into source distributions. Never
// unpacks to disk, never runs anything; the amount that it reads is bounded.
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

// The first regular member that is chosen; it is no error where there is none. Errors: a member above `limit` bytes,
// and an archive that cannot be read.
Result<std::optional<std::string>> read_archive_member(const std::filesystem::path& archive, const MemberChoice& choice,
                                                       std::uint64_t limit = 4ULL << 20);
// All chosen members, by path; together they may have at most `limit` bytes.
Result<std::map<std::string, std::string>> read_archive_members(const std::filesystem::path& archive,
                                                                const MemberChoice& choice,
                                                                std::uint64_t limit = 4ULL << 20);

}  // namespace tmplbuild::io
