// SPDX-License-Identifier: Apache-2.0
// apt as a resolver: which exact packages a Debian system is made of, and their files in the store. Uses the machine's
// own apt sources, keys and mirrors over private state folders, so the machine's own package lists stay untouched.
// Never installs anything, never writes down where a package came from.
#pragma once

#include <string>
#include <vector>

#include "resolve/context.hpp"
#include "resolve/lock.hpp"

namespace tmplbuild {

// The essential packages of `suite`, apt, and `packages` with what they need (no recommendations), sorted by name.
Result<std::vector<LockedPackage>> resolve_debian(const std::string& suite, const std::vector<std::string>& packages,
                                                  ResolveContext& context);
// What installing `packages` adds to a system whose dpkg status file is `status` (dpkg(1), /var/lib/dpkg/status).
// `step` is named in progress and messages. A package that does not exist: a usage error.
Result<std::vector<LockedPackage>> resolve_apt(const std::string& step, const std::string& suite,
                                               const std::string& status, const std::vector<std::string>& packages,
                                               ResolveContext& context);
// Every .deb that the store lacks, checked against its hash. A mirror that no longer has one: a network error that
// names the package and `tmplbuild lock --update`.
Result<void> fetch_packages(const std::string& step, const std::string& suite,
                            const std::vector<LockedPackage>& packages, ResolveContext& context);
// The packages as a dpkg status file would list them once installed. They must be in the store.
Result<std::string> installed_status(const std::vector<LockedPackage>& packages, ResolveContext& context);

}  // namespace tmplbuild
