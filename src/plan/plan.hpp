// SPDX-License-Identifier: Apache-2.0
// Template and facts → the ordered graph of steps with a cache key each. Pure: no disk, no network, no clock. Printed
// by `tmplbuild plan`, run by build/. After planning nobody reads the template.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "plan/step.hpp"

namespace tmplbuild {

// What resolve/ found on this machine's disk that is not in the lock: digests of local inputs.
struct LocalFacts {
    std::map<std::string, Digest> files;    // by step id
    std::map<std::string, Digest> kernels;  // by kernel name: the source tree (path sources)
    std::filesystem::path launcher;
    Digest launcher_digest;
};

struct PlannedImage {
    StringMap environment, labels, annotations;
    std::string directory;
    std::vector<std::string> entrypoint;
    std::vector<std::uint16_t> exposed_ports;
    CompressionKind compression = CompressionKind::zstd;
};

struct Plan {
    std::string name;
    std::vector<Step> steps;  // image order, bottom first
    PlannedImage image;

    const Step* find(const std::string& id) const;
};

// Engines that this release has no code for are refused by name, with every place in the template at once: `plan` and
// `build` both end there with exit code 2. Throws BuildError.
void refuse_unbuildable(const Template& tmpl);

// `lock` may lack its base (a first `plan`): steps that need the base's facts then have no key, with the reason.
// Throws BuildError for services that cannot start as written.
Plan make_plan(const Template& tmpl, const Lock& lock, const LocalFacts& facts);

// What the template asks of its base, as a digest: the lock's base is stale when it differs.
Digest base_request(const Template& tmpl);
// The packages that the base is asked for, recipes' included, sorted.
const DebianBase* debian_base(const Template& tmpl);

}  // namespace tmplbuild
