// SPDX-License-Identifier: Apache-2.0
// Where a person finds the services of a pod on this machine, told when all of them have started: addresses that can be
// clicked, with the secret where a service asks for one. Used by run_image.cpp. Pure but for the secrets' own chance.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "engine/pod/published_ports.hpp"

namespace tmplbuild {

// A value for each secret that services would take from the pod's environment and `known` (name → value) has not: the
// pod then need not make one that nobody here knows.
std::map<std::string, std::string> made_secrets(const Template& tmpl, const std::map<std::string, std::string>& known);

// "jupyterlab: http://127.0.0.1:8888/?token=…", a line for each port of a service. A secret whose variable ends in
// TOKEN stands in the address, as JupyterLab and most others take it; another one behind it, by name.
std::vector<std::string> pod_links(const Template& tmpl, const std::vector<PublishedPort>& ports,
                                   const std::map<std::string, std::string>& environment);

// Sees the launcher's lines go by.
class StartWatch {
  public:
    StartWatch(const Template& tmpl, const std::vector<PublishedPort>& ports);
    // True once: with this line the last of the services has become ready, or has failed to.
    bool completes(std::string_view line);

  private:
    std::set<std::string> waiting_;
};

}  // namespace tmplbuild
