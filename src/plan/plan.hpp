// SPDX-License-Identifier: Apache-2.0
// Makes the ordered graph of steps, with a cache key each, from template and facts. Pure: no disk, no network, no
// clock. `tmplbuild plan` prints it, engine/ runs it. After planning nobody reads the template.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "plan/step.hpp"
#include "resolve/requirements_text.hpp"

namespace tmplbuild {

// What was found on this machine's disk and is not in the lock: digests of local inputs.
struct LocalFacts {
    std::map<std::string, Digest> files;                      // by step id
    std::map<std::string, std::optional<Digest>> signatures;  // by step id: sign_files(), taken before that digest
    std::map<std::string, Digest> kernels;                    // by kernel name: the source folder (path sources)
    std::map<std::string, std::vector<Digest>> patches;       // by kernel name, in the recipe's order
    std::map<std::string, Digest> selftests;                  // by kernel name
    std::map<std::string, std::string> requirement_files;     // "layer:path" → what identifies its content
    std::map<std::string, AskedPython> requirements;  // by venv's step: all requirements except those in commits' files
    Digest base_image;                                // manifest of a `layout` base
    std::size_t base_layers = 0;                      // of that image
    std::vector<RuntimeProgram> runtime;
};

// One GPU of the targets and the variant that serves it.
struct PlannedGpu {
    std::string kernel;
    kernel::GpuTarget target;
    kernel::Arch arch;
    std::vector<std::string> modules;  // the modules of the variant that this GPU loads
    std::string step;                  // id of the kernel step
};

struct PlannedImage {
    StringMap environment, labels, annotations;
    std::string user, directory;
    std::string path_prefix;  // it comes before the PATH that the image would have: "/opt/venv/bin:"
    std::vector<std::string> entrypoint;
    std::vector<std::uint16_t> exposed_ports;
    Compression compression = Compression::zstd;
    std::optional<std::uint64_t> max_pull_size;  // bytes, compressed
    bool is_base_on_hosts = false;               // the base's layers need no pull there
};

struct Plan {
    std::string name;
    std::vector<Step> steps;  // image order, bottom first; throwaways right below what needs them
    std::vector<PlannedGpu> gpus;
    PlannedImage image;

    const Step* find(const std::string& id) const;
};

// The base alone. It is made before the rest can be planned, since the keys of known layers need the facts that are
// measured on it.
Step plan_base(const Template& tmpl, const Lock& lock, const LocalFacts& facts);

// `lock` may lack parts (at a first `plan`): steps that need their facts then have no key, with the reason. Throws
// BuildError for services that cannot start as written, and for kernels that cannot work as asked.
Plan make_plan(const Template& tmpl, const Lock& lock, const LocalFacts& facts);

}  // namespace tmplbuild
