// SPDX-License-Identifier: Apache-2.0
// The parts of resolving that ask the outside: apt for packages, uv for Python, git for commits, the index for
// toolchain wheels. resolve.cpp calls them for the parts of the lock that are missing or stale; `lock --update` for
// named ones. Each downloads what it pins into the store, so that building needs no network after.
#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "base/progress.hpp"
#include "io/process.hpp"
#include "resolve/lock.hpp"
#include "store/store.hpp"
#include "template/template.hpp"

namespace tmplbuild {

struct ResolveContext {
    const Store& store;
    io::ProcessRunner& processes;
    Progress& progress;
    std::stop_token stop;
};

// --- apt (resolve/apt.cpp) -----------------------------------------------------------------------------------------
// The minimal system of `suite` plus `packages`, from the machine's own apt sources and keys; nothing is installed.
Result<std::vector<LockedPackage>> resolve_debian(const std::string& suite, const std::vector<std::string>& packages,
                                                  ResolveContext& context);
// What installing `packages` over a system that has `installed` would add. Same sources.
Result<std::vector<LockedPackage>> resolve_apt(const std::string& suite, const std::vector<LockedPackage>& installed,
                                               const std::vector<std::string>& packages, ResolveContext& context);
// Every .deb into the store, checked against its hash. A mirror that no longer has one: network_error that names the
// package and `tmplbuild lock --update`.
Result<void> fetch_packages(const std::string& suite, const std::vector<LockedPackage>& packages, ResolveContext& context);

// --- Python (resolve/python.cpp) -----------------------------------------------------------------------------------
struct PythonRequest {
    std::string venv;
    std::vector<std::string> requirements, constraints;
    std::vector<LockedDistribution> earlier;  // the lock's: kept where they still fit, and their groups stay
};
// One joint resolution for the contract's Python, glibc and platform; groups assigned.
Result<std::vector<LockedDistribution>> resolve_python(const PythonRequest& request, const BaseContract& contract,
                                                       ResolveContext& context);
// Wheels and sdists into the store by hash, through the machine's own index settings.
Result<void> fetch_distributions(const std::vector<LockedDistribution>& distributions, ResolveContext& context);

// --- git (resolve/git.cpp) -----------------------------------------------------------------------------------------
// The commit fetched into the store's bare repository for that URL; its tree and time.
Result<LockedGit> resolve_git(const std::string& url, const std::string& rev, bool submodules, ResolveContext& context);

// --- toolchain (resolve/toolchain.cpp) -----------------------------------------------------------------------------
// NVIDIA's compiler wheels for `cuda` ("13.0"), pinned, in the store.
Result<LockedToolchain> resolve_toolchain(const std::string& cuda, ResolveContext& context);

}  // namespace tmplbuild
