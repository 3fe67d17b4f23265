// SPDX-License-Identifier: Apache-2.0
// Who listens on a port of the loopback: "ready" is to mean that this service answers there, and not another process.
// Asked after a probe said yes; reads the head of two files of /proc and the descriptors of a few processes. Never
// connects to anything.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace tmplbuild::launch {

using Inodes = std::vector<std::uint64_t>;  // of sockets

// proc(5), /proc/net/tcp and tcp6: the listening sockets that take a connection to 127.0.0.1:`port`. One that listens
// on that address goes before one that listens on all, as in Linux.
Inodes parse_listeners(std::string_view tcp, std::string_view tcp6, std::uint16_t port);
// The same of this machine; nothing: /proc does not tell.
std::optional<Inodes> listeners_on(std::uint16_t port);

enum class Holds { yes, no, unknown };  // unknown: none does, as far as may be seen, and not all may be seen
Holds hold_any(const std::vector<pid_t>& processes, const Inodes& inodes);

}  // namespace tmplbuild::launch
