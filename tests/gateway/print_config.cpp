// SPDX-License-Identifier: Apache-2.0
// Prints the gateway's configuration for a pod.json, as the builder writes it into images: gateway-config FILE
// [--ipv4].
#include <cstdio>
#include <string_view>

#include "gateway/nginx_config.hpp"
#include "podspec/pod_spec.hpp"
#include "sys/file.hpp"

int main(int argc, char** argv) {
    using namespace tmplbuild;
    if (argc < 2) return 2;
    const auto addresses = argc > 2 && std::string_view(argv[2]) == "--ipv4" ? gateway::Addresses::ipv4
                                                                             : gateway::Addresses::ipv4_and_ipv6;
    const auto spec = pod::read_pod_spec(sys::read_file(argv[1]).value(), argv[1]);
    std::fputs(gateway::nginx_config(spec.value(), addresses).c_str(), stdout);
    return 0;
}
