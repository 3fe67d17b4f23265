// SPDX-License-Identifier: Apache-2.0
// A service of which only the name matters: what tests of a pod begin with, and change where more does.
#pragma once

#include <string>

#include "podspec/service.hpp"

namespace tmplbuild {

inline pod::Service named(const std::string& name) {
    pod::Service service;
    service.name = name;
    service.command = {"/bin/" + name};
    return service;
}

}  // namespace tmplbuild
