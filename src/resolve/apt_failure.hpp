// SPDX-License-Identifier: Apache-2.0
// What apt's own words mean for the one who asked: a package that does not exist, one that cannot be installed, a
// mirror that lacks a file, a network that failed. Used by apt.cpp. Pure.
#pragma once

#include <string>

#include "base/error.hpp"

namespace tmplbuild {

// `said`: apt-get's output, shown whole in the error. `what`: "resolving the packages of apt:tools". Usage where the
// template names what is not there, network only where an address could not be reached (and says which), machine
// where a key is missing, build for the rest.
Error explain_apt_failure(const std::string& what, const std::string& said);

}  // namespace tmplbuild
