// SPDX-License-Identifier: Apache-2.0
// What our rules say of compiled files, as JSON for tests/gpu/run: the verdict of each file for one GPU, and the proven
// table of a variant, as a build writes it into pod.json. Used by gpu-check's main alone. Never asks a driver.
#pragma once

#include <string>
#include <vector>

#include "base/json.hpp"
#include "kernel/verdict.hpp"

namespace tmplbuild::gpucheck {

// [{"file":…,"verdict":"exact","runs":true,"reason":…,"code":["sm_90a"],"units":[["_Z4quantPf"]]}], in the order of
// `files`. "units" are the file's containers, each with the kernels of its machine code.
Result<json::array> judge_files(const std::vector<std::string>& files, const kernel::Capability& capability,
                                const kernel::Host& host);

struct Variant {
    std::string kernel, arch, capability, toolkit;  // "90a", "9.0", "13.0"
    std::string torch;                              // "2.11.0"; empty: none
    std::string folder;
    std::vector<std::string> modules;  // relative to the folder: the recipe's table for this GPU
};
// {"table":{…},"files":"sha256:…","errors":[…],"verdict":"exact","reason":…}
Result<json::object> prove_variant(const Variant& variant);

}  // namespace tmplbuild::gpucheck
