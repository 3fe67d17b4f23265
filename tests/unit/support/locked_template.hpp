// SPDX-License-Identifier: Apache-2.0
// A lock that holds everything that a template asks for, made up: for tests of what reads a lock or throws parts of it
// away. How the parts are really found is tested with the resolvers.
#pragma once

#include <string>

#include "plan/requests.hpp"
#include "support/debian_contract.hpp"

namespace tmplbuild {

inline LockedPackage made_package(const std::string& name, const std::string& version = "1") {
    return {name, version, "amd64", name + ".deb", Sha256::of(name + version), 1000};
}

inline LockedDistribution made_wheel(const std::string& name, const std::string& version) {
    return {name, version, name + ".whl", Sha256::of(name + version), 1000, 0};
}

inline Lock made_lock(const Template& tmpl, const LocalFacts& facts) {
    Lock lock;
    lock.packer = "any";
    lock.base = LockedBase{
        "debian",         base_request(tmpl, facts), "bookworm", {made_package("libc6", "2.36")}, {Sha256::of("base")},
        debian_contract()};
    for (const AptRequest& request : apt_requests(tmpl))
        lock.apts.push_back({request.step,
                             apt_request(request, *lock.base, lock),
                             {made_package(request.step == kernel_tools_step ? "g++-12" : "jq")}});
    for (const GitRequest& request : git_requests(tmpl))
        lock.gits.push_back({request.url, request.rev, std::string(40, 'b'), 1});
    for (const VenvRequest& request : venv_requests(tmpl))
        lock.venvs.push_back(
            {request.venv, venv_request(request, lock.base->contract, facts), {made_wheel("numpy", "2.0")}});
    if (!tmpl.kernels.empty())
        lock.toolchain = LockedToolchain{"cuda-wheels",
                                         tmpl.targets.cuda,
                                         toolchain_request(tmpl.targets.cuda),
                                         {made_wheel("nvidia-cuda-nvcc", "13.0.88")}};
    return lock;
}

}  // namespace tmplbuild
