// SPDX-License-Identifier: Apache-2.0
// apt as a resolver: it finds which exact packages a Debian system needs, and gets their files into the store. It asks
// private copies of sources over private state folders, so that the machine's own package lists stay untouched;
// mirrors, proxies and certificates come from the machine's own apt settings. It takes what `apt-get install` takes
// from these sources: no release is preferred. Used by the base and apt parts of the engine. Never installs anything,
// never records where a package came from.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "resolve/base_apt.hpp"
#include "resolve/context.hpp"
#include "resolve/lock.hpp"
#include "template/template.hpp"

namespace tmplbuild {

// Where packages are taken from.
struct AptOrigin {
    std::string suite;  // of a `debian` base: the machine's sources for that release are used
    // A foreign base: its own sources, keys and pins; where it has no sources, `suite` is used.
    std::optional<BaseApt> base;
    std::vector<Repository> repositories{};
};

struct ResolvedPackages {
    std::vector<LockedPackage> packages;  // sorted by name
    std::vector<std::string> suites;      // the suites that were asked
};

// The essential packages of the suite, apt, and `packages`, with their dependencies (no recommendations).
Result<ResolvedPackages> resolve_debian(const AptOrigin& origin, const std::vector<std::string>& packages,
                                        ResolveContext& context);
// What an installation of `packages` adds to a system whose dpkg status file is `status` (dpkg(1),
// /var/lib/dpkg/status). `step` is named in progress and messages. A package that does not exist is a usage error.
Result<ResolvedPackages> resolve_apt(const std::string& step, const AptOrigin& origin, const std::string& status,
                                     const std::vector<std::string>& packages, ResolveContext& context);
// Fetches every .deb that the store lacks, and checks it against its hash. Where a mirror no longer has one: a build
// error that names the package and `tmplbuild lock --update`.
Result<void> fetch_packages(const std::string& step, const AptOrigin& origin,
                            const std::vector<LockedPackage>& packages, ResolveContext& context);
// The text of a dpkg status file in which the packages are installed. They must be in the store.
Result<std::string> installed_status(const std::vector<LockedPackage>& packages, ResolveContext& context);

// Checks what can be told without the network: this machine has sources for the suite, repositories have their keys.
Result<void> check_apt_origin(const AptOrigin& origin, ResolveContext& context);
// The bytes of a repository's key, opened beneath the template's folder.
Result<std::string> read_repository_key(const Repository& repository);

}  // namespace tmplbuild
