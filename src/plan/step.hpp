// SPDX-License-Identifier: Apache-2.0
// One step of the plan: everything that an engine needs to know, whatever the step's kind (step_kinds.hpp). plan/ makes
// it from the template and the lock; engine/ runs it. A plain value.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/canonical_key.hpp"
#include "plan/step_kinds.hpp"

namespace tmplbuild {

struct Step {
    std::string id;         // "base", "files:notebooks", "python:venv", "kernel:int8-attention:8.9", "runtime", "pod"
    std::string summary{};  // one line for people
    StepSpec spec;
    std::optional<CanonicalKey> key{};  // none: `unresolved` says which fact is missing
    std::string unresolved{};
    std::string interpreter{};           // one of the base's, as the template names it; empty: the one on PATH
    std::vector<std::string> needs{};    // ids of the steps whose layers its commands see, bottom first
    std::size_t least_layers = 1;        // the least number of layers that it makes
    bool in_image = true;                // false: a throwaway (compilers), made only when a step that needs it is made
    std::uint64_t estimated_bytes = 0;   // of its layers, compressed, estimated
    std::uint64_t work_bytes = 0;        // disk that it needs besides, while it runs
    double estimated_seconds = 0;        // 0: some seconds, not worth a message
    std::uint64_t estimated_memory = 0;  // of its commands, bytes, as declared; 0: very little
    // Ids of steps, now or in earlier builds, that take about as much as this one: where it was never built itself, its
    // figures are estimated from theirs.
    std::vector<std::string> siblings{};

    const StepKind& kind() const {
        return std::visit([](const auto& one) -> const StepKind& { return one.kind; }, spec);
    }
};

}  // namespace tmplbuild
