// SPDX-License-Identifier: Apache-2.0
// What a step takes from outside, as one list for every kind: packages, wheels, a commit, a file, each with its hash,
// and secrets by name. Used to fetch them right before a step is built, to tell how much that is, and to ask for the
// secrets. Pure; never says where they are.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "plan/requests.hpp"
#include "plan/step.hpp"

namespace tmplbuild {

// Debian packages, and where the step's kind lets them come from.
struct PackageSources {
    const std::vector<LockedPackage>* packages;
    std::string suite;
    bool own_sources;  // the base's own apt sources
    const std::vector<Repository>* repositories;
};

struct DistributionSources {
    std::string part;  // of the lock: what `tmplbuild lock --update` calls it
    const std::vector<LockedDistribution>* distributions;
    const LockedPlaces* places;  // nullptr: the machine's own indexes alone
    ContextFolder folder{};      // where paths among the places start
};

struct FileSource {
    std::string url, sha256;
};

// Views into the step's spec, which has to outlive them.
struct StepSources {
    std::optional<PackageSources> packages{};
    std::vector<DistributionSources> distributions{};
    std::optional<GitRequest> commit{};
    std::optional<FileSource> file{};
    std::span<const std::string> secrets{};
};
StepSources sources_of(const Step& step);

}  // namespace tmplbuild
