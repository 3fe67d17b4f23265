// SPDX-License-Identifier: Apache-2.0
// Which process listens on a port of the loopback: "ready" must mean that this service answers there, and not another
// process. Used after a probe succeeded; it reads the head of two files of /proc and the descriptors of a few
// processes. Never connects to anything.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace tmplbuild::launch {

using Inodes = std::vector<std::uint64_t>;  // of sockets

// The listening sockets that accept a connection to 127.0.0.1:`port`, from the texts of /proc/net/tcp and tcp6
// (proc(5)). A socket on exactly that address comes before one on all addresses, as in Linux.
Inodes parse_listeners(std::string_view tcp, std::string_view tcp6, std::uint16_t port);
// The same for this machine; none where /proc does not tell.
std::optional<Inodes> listeners_on(std::uint16_t port);

// Unknown: none of those that may be examined holds it, and some may not be examined.
enum class Holds { yes, no, unknown };
Holds hold_any(const std::vector<pid_t>& processes, const Inodes& inodes);

}  // namespace tmplbuild::launch
