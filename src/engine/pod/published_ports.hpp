// SPDX-License-Identifier: Apache-2.0
// Which ports of a pod on this machine are reached from outside of its network, and by which of this machine's. Used by
// run_image.cpp. Only 127.0.0.1 of this machine is ever listened on.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "sys/fd.hpp"
#include "template/template.hpp"

namespace tmplbuild {

struct PublishedPort {
    std::uint16_t host = 0;  // on this machine
    std::uint16_t pod = 0;   // in the pod
    std::string service{};   // whose it is; empty: of none that the template names

    // "8888" or "18888:8888" (this machine's first, as engines write it). A usage error for anything else.
    static Result<PublishedPort> parse(const std::string& text);
    bool operator==(const PublishedPort&) const = default;
};

// Every service's port by its own number, but for those that were asked for by another. Throws BuildError when two
// would have one number on this machine.
std::vector<PublishedPort> ports_to_publish(const Template& tmpl, std::vector<PublishedPort> asked);

// A socket bound to 127.0.0.1, which keeps the number from now on; it listens once the relay starts.
struct ClaimedPort {
    PublishedPort port;
    sys::Fd socket;
};
// Another program has the port: a machine error that names it, and a number that may be free. A claimed one can still
// be taken until the relay listens, by a program that asks for it as insistently (SO_REUSEADDR).
Error taken_port(const PublishedPort& port);
// taken_port() where one is.
Result<std::vector<ClaimedPort>> claim_ports(const std::vector<PublishedPort>& ports);
// The same question for a pod that shares this machine's network: whether its own ports are free on every address.
Result<void> check_free(const std::vector<PublishedPort>& ports);

}  // namespace tmplbuild
