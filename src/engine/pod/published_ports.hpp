// SPDX-License-Identifier: Apache-2.0
// Which ports of a pod on this machine can be reached from outside of its network, and by which of this machine's
// ports. Used to run an image here. Only listens on this machine's 127.0.0.1.
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
    std::string service{};   // the service that has the port; empty: none of the template's

    // Reads "8888" or "18888:8888" (this machine's port first, as container engines write it). Anything else is a usage
    // error.
    static Result<PublishedPort> parse(const std::string& text);
    bool operator==(const PublishedPort&) const = default;
};

// Every service's port under its own number, except those for which the user asked for another number. Throws
// BuildError when two would have one number on this machine.
std::vector<PublishedPort> ports_to_publish(const Template& tmpl, std::vector<PublishedPort> asked);

// A socket bound to 127.0.0.1, so that the port is taken from now on; it listens once the relay starts.
struct ClaimedPort {
    PublishedPort port;
    sys::Fd socket;
};
// Another program has the port: a machine error that names it, and a number that may be free. Until the relay listens,
// a program that also sets SO_REUSEADDR can still take a claimed port.
Error taken_port(const PublishedPort& port);
// Claims all ports, or returns taken_port() for one that is not free.
Result<std::vector<ClaimedPort>> claim_ports(const std::vector<PublishedPort>& ports);
// For a pod that shares this machine's network: checks that its own ports are free on every address.
Result<void> check_free(const std::vector<PublishedPort>& ports);

}  // namespace tmplbuild
