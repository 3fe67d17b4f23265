// SPDX-License-Identifier: Apache-2.0
// The addresses of a pod's services on this machine, printed when all of them have started: with the secret where a
// service asks for one, so that they can be clicked. Used by run_image.cpp. Pure, except that it makes random secrets.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "engine/pod/published_ports.hpp"

namespace tmplbuild {

// A value for each secret that the console and services take from the pod's environment and that `known` (name → value)
// lacks, so that the pod does not make one that nobody here knows.
std::map<std::string, std::string> made_secrets(const Template& tmpl, const std::map<std::string, std::string>& known);

// CONSOLE_ORIGINS where ports are published by other numbers, so that the console's links lead there.
std::string origins_on_other_ports(const Template& tmpl, const std::vector<PublishedPort>& ports);

// One line for the console, with its password, and one for each port of a service. Behind the gateway that is an
// address. Of another service, a secret whose variable ends in TOKEN is put into the address, as JupyterLab and most
// others accept it ("http://127.0.0.1:8888/?token=…"); any other secret follows the address, with its name.
std::vector<std::string> pod_links(const Template& tmpl, const std::vector<PublishedPort>& ports,
                                   const std::map<std::string, std::string>& environment);

// Reads the launcher's lines to notice when all services have started.
class StartWatch {
  public:
    StartWatch(const Template& tmpl, const std::vector<PublishedPort>& ports);
    // True once: when, with this line, the last service has become ready or has failed to.
    bool completes(std::string_view line);

  private:
    std::set<std::string> waiting_;
};

}  // namespace tmplbuild
