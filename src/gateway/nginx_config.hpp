// SPDX-License-Identifier: Apache-2.0
// What the gateway of a pod does, as nginx reads it: which ports it listens on, what it asks the console, and what it
// hands to services (docs/decisions/0025-the-gateway-is-nginx.md). Made from what pod.json says about services, when an
// image is planned, so that it can be read before a pod runs. A pure function: it reads and writes no file.
#pragma once

#include <string>

#include "podspec/pod_spec.hpp"

namespace tmplbuild::gateway {

enum class Addresses {
    ipv4,  // a kernel without IPv6 cannot even open such a socket, and nginx would not start
    ipv4_and_ipv6,
    sockets,  // files beside the configuration instead of ports: for a trial on the machine that builds
};

// The console's port must be set. Listens on it and on the port of every service that has one and is not public.
std::string nginx_config(const pod::PodSpec& spec, Addresses addresses);

}  // namespace tmplbuild::gateway
