// SPDX-License-Identifier: Apache-2.0
// An image as the tests of the RunPod template take it: ComfyUI behind the gateway, SSH, one kernel. Used by them
// alone.
#pragma once

#include "runpod/lints.hpp"
#include "runpod/page.hpp"
#include "support/catch.hpp"

namespace tmplbuild::runpod {

inline pod::Service service(const std::string& name, std::uint16_t port) {
    pod::Service out;
    out.name = name;
    out.command = {"/bin/true"};
    out.port = port;
    return out;
}

inline pod::Service ssh_service() {
    pod::Service out = service("sshd", 22);
    out.is_public = true;
    out.logins = true;
    out.ready.kind = pod::Probe::Kind::tcp;
    return out;
}

inline ImageFacts good_image() {
    ImageFacts out;
    out.reference = "ghcr.io/me/comfyui@sha256:" + std::string(64, 'a');
    out.unpacked = 21'300'000'000;
    out.pull.size = 9'400'000'000;
    out.has_pod_spec = true;
    out.entrypoint = {"/opt/tmplbuild/launcher"};
    out.environment = {{"PATH", "/usr/bin"}};
    out.spec.name = "comfyui";
    out.spec.console_port = 8765;
    out.spec.cuda = "13.0";
    out.spec.minimum_driver = "580.65.6";
    out.spec.services = {service("gateway", 0), service("console", 0), service("comfyui", 8188), ssh_service()};
    pod::Kernel kernel;
    kernel.name = "sageattention";
    kernel.env_var = "INSTALL_SAGEATTENTION";
    kernel.build.estimated_seconds = 900;
    for (const char* capability : {"8.0", "8.6", "8.9", "9.0", "12.0"})
        kernel.capabilities.push_back({capability, "", {}});
    kernel.refused = {{"10.0", "its code has nothing for 10.0"}};
    out.spec.kernels = {kernel};
    out.kernels = {{"sageattention", "RTX 4090", true, false, "sm_89"}, {"sageattention", "L40S", true, true, "PTX"}};
    return out;
}

inline PodTemplate template_of(const ImageFacts& image, const RunpodOptions& options = {}) {
    return make_pod_template(options, "comfyui", image);
}

inline std::vector<std::string> names_of(const std::vector<Lint>& lints) {
    std::vector<std::string> out;
    for (const Lint& one : lints) out.push_back((one.weight == Weight::error ? "error " : "warning ") + one.name);
    return out;
}

}  // namespace tmplbuild::runpod
