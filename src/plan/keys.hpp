// SPDX-License-Identifier: Apache-2.0
// What decides a step's bytes, as a key: one function per kind of step. Used by plan.cpp alone. A key names meaning
// (a source tree, a wheel's hash, the facts of the base that matter), never an address, a time or this machine.
#pragma once

#include <vector>

#include "plan/step.hpp"
#include "store/built_layer.hpp"

namespace tmplbuild {

CanonicalKey base_key(const BaseSpec& spec, Compression compression);
CanonicalKey files_key(const FilesSpec& spec, const BaseContract& contract, Compression compression);
CanonicalKey runtime_key(const RuntimeSpec& spec, const BaseContract& contract, Compression compression);
CanonicalKey pod_key(const PodSpecStep& spec, const BaseContract& contract, Compression compression);

}  // namespace tmplbuild
