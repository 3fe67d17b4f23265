// SPDX-License-Identifier: Apache-2.0
// Numbers that Linux tells in small text files: those of control groups (cgroups(7); the kernel's cgroup-v2.rst and
// cgroup-v1/memory.rst) and of /proc (proc(5)). Used by the builder's budget and sandbox, by PID 1 and by the job that
// compiles a kernel on a pod. Only reads, and never more than 64 KiB of a file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace tmplbuild::sys {

// The file's one number; "max" and "-1", no limit, are none.
std::optional<std::uint64_t> number_in(const std::filesystem::path& file);
// The number of the line "<key> NUMBER" or "<key>:  NUMBER kB", which is told in bytes then.
std::optional<std::uint64_t> number_in(const std::filesystem::path& file, std::string_view key);
// This process's group, "/a/b", in the hierarchy of a controller of version 1; "": in version 2.
std::string own_cgroup(const std::filesystem::path& proc, std::string_view controller);
// How many processes of a group Linux has killed for memory: `folder` is the group's in version 2 or in version 1's
// hierarchy of memory. None: it does not say.
std::optional<std::uint64_t> memory_kills(const std::filesystem::path& folder);
// The same of a container, whose own group is what /sys/fs/cgroup shows; `cgroups` is that folder.
std::optional<std::uint64_t> memory_kills_of_container(const std::filesystem::path& cgroups);

}  // namespace tmplbuild::sys
