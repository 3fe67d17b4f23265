// SPDX-License-Identifier: Apache-2.0
// What apt's messages mean for the user: a package that does not exist, one that cannot be installed, a mirror that
// lacks a file, a network that failed. Used by apt.cpp. Pure.
#pragma once

#include <string>

#include "base/error.hpp"

namespace tmplbuild {

// `said` is apt-get's output, which the error shows whole. `what`: "resolving the packages of apt:tools". The error is
// of kind usage where the template names something that does not exist, network only where an address could not be
// reached (it is named), machine where a key is missing, build for the rest.
Error explain_apt_failure(const std::string& what, const std::string& said);

}  // namespace tmplbuild
