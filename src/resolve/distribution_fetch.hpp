// SPDX-License-Identifier: Apache-2.0
// Fetches files of distributions into the store, four at a time, each checked against its hash. Used after a resolution
// and for what a lock names. Never keeps a file with another hash than the lock's.
#pragma once

#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "io/http.hpp"
#include "resolve/context.hpp"
#include "resolve/lock.hpp"
#include "resolve/package_index.hpp"
#include "resolve/pip_settings.hpp"

namespace tmplbuild {

// Called by several threads at once.
using Locate = std::function<Result<FilePlaces>(const LockedDistribution& distribution, std::stop_token stop)>;

class DistributionFetcher {
  public:
    // Progress names `step`, "kernel:tiny:8.9"; hints name `part`, the lock's word for it, "kernel:tiny".
    DistributionFetcher(std::string step, std::string part, const PipSettings& settings, ResolveContext& context)
        : step_(std::move(step)), part_(std::move(part)), settings_(settings), context_(context) {}

    // Fetches those that the store lacks. A `sha256` that is not set and a `size` of 0 are set from the file. Where no
    // place has a file: a network error that names it and `tmplbuild lock --update`.
    Result<void> fetch(const std::vector<LockedDistribution*>& wanted, const Locate& locate);

  private:
    class Meter;
    Result<void> fetch_one(LockedDistribution& wanted, const Locate& locate, Meter& meter, const std::stop_token& stop);
    Result<void> fetch_from(const std::string& location, LockedDistribution& wanted, Meter& meter,
                            const std::stop_token& stop);
    std::string step_, part_;
    const PipSettings& settings_;
    ResolveContext& context_;
};

}  // namespace tmplbuild
