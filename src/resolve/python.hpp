// SPDX-License-Identifier: Apache-2.0
// uv as a resolver: which exact wheels and sdists a venv is made of, and their files in the store. The machine's own
// pip configuration (index, extra indexes, find-links, CA) is what uv and the look-ups here are given. Never installs
// anything, never runs a package's code, never writes down where a file came from.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "resolve/base_contract.hpp"
#include "resolve/context.hpp"
#include "resolve/lock.hpp"

namespace tmplbuild {

struct PythonRequest {
    std::string step;                                        // for progress and messages: "python:venv"
    std::vector<std::string> requirements;                   // PEP 508, one each
    std::vector<std::pair<std::string, std::string>> files;  // requirements files: name for messages, content
    std::vector<std::string> constraints;                    // PEP 508
    std::vector<LockedDistribution> earlier;                 // kept where they still fit; their groups stay
};

// Whether uv is on this machine: asked before minutes go into a base.
Result<void> find_resolver();
// One joint resolution for the contract's Python, glibc and platform, `pip` always among it, so that a venv can be used
// by hand on a pod. Every file is in the store afterwards. Sorted by name, groups assigned (grouping.hpp). Requirements
// that cannot be met, or that name an address: a usage error.
Result<std::vector<LockedDistribution>> resolve_python(const PythonRequest& request, const BaseContract& contract,
                                                       ResolveContext& context);
// Wheels alone, never sdists, for something beside any venv: no `pip` among them, no groups; `earlier` is not looked
// at.
Result<std::vector<LockedDistribution>> resolve_wheels(const PythonRequest& request, const BaseContract& contract,
                                                       ResolveContext& context);
// The wheels (never sdists) of what turns `sdists` into wheels: their pyproject.toml's build-system.requires,
// setuptools and wheel where there is none. The sdists must be in the store. Empty for no sdists.
Result<std::vector<LockedDistribution>> resolve_builders(const std::vector<LockedDistribution>& sdists,
                                                         const BaseContract& contract, ResolveContext& context);
// Every wheel and sdist that the store lacks, found by project and file name on the machine's index, checked against
// its hash. One that no index has any more: a network error that names it and `tmplbuild lock --update`.
Result<void> fetch_distributions(const std::string& step, const std::vector<LockedDistribution>& distributions,
                                 ResolveContext& context);

}  // namespace tmplbuild
