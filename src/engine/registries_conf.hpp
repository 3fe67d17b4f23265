// SPDX-License-Identifier: Apache-2.0
// Reads this machine's settings for registries, containers-registries.conf(5), of which pulls obey mirrors, other
// locations and what is blocked. Used once by a command that pulls or pushes. Never asks a registry; what the files
// say besides that (short names, credential helpers) has no meaning here.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "base/error.hpp"
#include "registry/pull_rules.hpp"

namespace tmplbuild {

// The file that CONTAINERS_REGISTRIES_CONF names, else ~/.config/containers/registries.conf, else
// /etc/containers/registries.conf; then the files *.conf of /etc/containers/registries.conf.d and of
// ~/.config/containers/registries.conf.d, in the order of their names. An entry takes the place of an earlier one with
// the same prefix. A file that is missing is no error but where the variable names it; one that is not understood is a
// machine_error that names it and the entry. `root` is the folder in which /etc is looked for.
Result<registry::PullRules> read_registries_conf(const std::function<std::string(const std::string& name)>& environment,
                                                 const std::filesystem::path& root = "/");

}  // namespace tmplbuild
