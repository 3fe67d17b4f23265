// SPDX-License-Identifier: Apache-2.0
// Numbers in small text files of Linux: those of control groups (cgroups(7); the kernel's cgroup-v2.rst and
// cgroup-v1/memory.rst) and of /proc (proc(5)). Used by the builder's budget and sandbox, by the launcher and by the
// pod's kernel job. Only reads, and never more than 64 KiB of a file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace tmplbuild::sys {

// The one number of a file; "max" and "-1", which mean no limit, give none.
std::optional<std::uint64_t> number_in(const std::filesystem::path& file);
// The number in the line "<key> NUMBER" or "<key>:  NUMBER kB"; the second one is returned in bytes.
std::optional<std::uint64_t> number_in(const std::filesystem::path& file, std::string_view key);
// This process's group, "/a/b", in the hierarchy of a version 1 controller; with "", in version 2.
std::string own_cgroup(const std::filesystem::path& proc, std::string_view controller);
// How many processes of a group Linux has killed for memory. `folder` is the group's, in version 2 or in version 1's
// hierarchy "memory". None where it does not say.
std::optional<std::uint64_t> memory_kills(const std::filesystem::path& folder);
// The same for a container, whose own group is the top of /sys/fs/cgroup; `cgroups` is that folder.
std::optional<std::uint64_t> memory_kills_of_container(const std::filesystem::path& cgroups);

}  // namespace tmplbuild::sys
