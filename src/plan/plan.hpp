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

// Which variant serves each target, before anything is compiled.
struct TargetRow {
    kernel::GpuTarget gpu;
    std::string kernel;
    std::string step;  // "kernel:int8-attention:8.9"; empty when none serves it
    std::string reason;
};

struct Plan {
    std::string name;
    std::vector<Step> steps;  // image order, bottom first; throwaway steps before what needs them
    std::vector<TargetRow> targets;
    PlannedImage image;

    const Step* find(const std::string& id) const;
};

// `lock` may lack parts (a first `plan`): their steps then have no key, with the reason.
// Throws BuildError for what cannot work: a GPU no variant can serve, a toolkit too old for an arch, too many layers.
Plan make_plan(const Template& tmpl, const Lock& lock, const LocalFacts& facts);

}  // namespace tmplbuild
