// SPDX-License-Identifier: Apache-2.0
// apt as a resolver: which exact packages a Debian system is made of, and their files in the store. Asks private
// copies of sources over private state folders, so the machine's own package lists stay untouched; mirrors, proxies
// and certificates are the machine's own apt settings. Takes what `apt-get install` takes from these sources: no
// release is preferred. Never installs anything, never writes down where a package came from.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "resolve/base_apt.hpp"
#include "resolve/context.hpp"
#include "resolve/lock.hpp"
#include "template/template.hpp"

namespace tmplbuild {

// Where packages are drawn from.
struct AptOrigin {
    std::string suite;            // a `debian` base's: the machine's sources of that release
    std::optional<BaseApt> base;  // somebody's base: its own sources, keys and pins; without sources `suite` counts
    std::vector<Repository> repositories{};
};

struct ResolvedPackages {
    std::vector<LockedPackage> packages;  // sorted by name
    std::vector<std::string> suites;      // that were asked
};

// The essential packages of the suite, apt, and `packages` with what they need (no recommendations).
Result<ResolvedPackages> resolve_debian(const AptOrigin& origin, const std::vector<std::string>& packages,
                                        ResolveContext& context);
// What installing `packages` adds to a system whose dpkg status file is `status` (dpkg(1), /var/lib/dpkg/status).
// `step` is named in progress and messages. A package that does not exist: a usage error.
Result<ResolvedPackages> resolve_apt(const std::string& step, const AptOrigin& origin, const std::string& status,
                                     const std::vector<std::string>& packages, ResolveContext& context);
// Every .deb that the store lacks, checked against its hash. A mirror that no longer has one: a build error that
// names the package and `tmplbuild lock --update`.
Result<void> fetch_packages(const std::string& step, const AptOrigin& origin,
                            const std::vector<LockedPackage>& packages, ResolveContext& context);
// The packages as a dpkg status file would list them once installed. They must be in the store.
Result<std::string> installed_status(const std::vector<LockedPackage>& packages, ResolveContext& context);

// What can be told without the network: this machine has sources for the suite, repositories have their keys.
Result<void> check_apt_origin(const AptOrigin& origin, ResolveContext& context);
// The bytes of a repository's key, opened beneath the template's folder.
Result<std::string> read_repository_key(const Repository& repository);

}  // namespace tmplbuild
