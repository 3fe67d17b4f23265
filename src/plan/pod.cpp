// SPDX-License-Identifier: Apache-2.0
#include "plan/pod.hpp"

namespace tmplbuild {

std::string install_variable(const std::string& kernel) {
    std::string out = "INSTALL_";
    for (const char c : kernel) {
        const bool lower = c >= 'a' && c <= 'z';
        const bool kept = (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        out += lower ? static_cast<char>(c - 'a' + 'A') : kept ? c : '_';
    }
    return out;
}

pod::PodSpec make_pod_spec(const Template& tmpl) {
    pod::PodSpec spec;
    spec.name = tmpl.name;
    for (const auto& [service, pos] : tmpl.services) {
        spec.services.push_back(service);
        // The service listens on its public port itself, since this release has no gateway in front of it.
        spec.services.back().host = "0.0.0.0";
    }
    return spec;
}

}  // namespace tmplbuild
