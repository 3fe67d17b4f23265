// SPDX-License-Identifier: Apache-2.0
// Takes digests of everything that a template takes from this machine's disk. Used by prepare.cpp. Reads local files;
// never the network, never the lock.
#pragma once

#include "plan/plan.hpp"
#include "resolve/context.hpp"

namespace tmplbuild {

LocalFacts find_local_facts(const Template& tmpl, const std::map<std::string, std::filesystem::path>& programs,
                            const Store& store);

}  // namespace tmplbuild
