// SPDX-License-Identifier: Apache-2.0
// What a step takes from outside, as one list for every kind: packages, wheels, a commit, a file, each with its hash,
// and secrets by name. Used to fetch them right before a step is built, to report how much that is, and to require the
// secrets. Pure; never says where the files are.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "plan/requests.hpp"
#include "plan/step.hpp"

namespace tmplbuild {

// Debian packages, and where the step's kind may take them from.
struct PackageSources {
    const std::vector<LockedPackage>* packages;
    std::string suite;
    bool own_sources;  // from the base's own apt sources
    const std::vector<Repository>* repositories;
};

struct DistributionSources {
    std::string part;  // of the lock, by its name for `tmplbuild lock --update`
    const std::vector<LockedDistribution>* distributions;
    const LockedPlaces* places;  // nullptr: the machine's own indexes alone
    ContextFolder folder{};      // paths in `places` count from it
};

struct FileSource {
    std::string url, sha256;
};

// Views into the step's spec, which has to live longer.
struct StepSources {
    std::optional<PackageSources> packages{};
    std::vector<DistributionSources> distributions{};
    std::optional<GitRequest> commit{};
    std::optional<FileSource> file{};
    std::span<const std::string> secrets{};
};
StepSources sources_of(const Step& step);

}  // namespace tmplbuild
