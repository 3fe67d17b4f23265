// SPDX-License-Identifier: Apache-2.0
// One node of the plan: what an engine needs to know, complete in itself, whatever its kind (step_kinds.hpp). Made by
// plan/ from the template and the lock; run by engine/.
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
    std::string interpreter{};           // of the base, as the template names it; empty: what PATH finds
    std::vector<std::string> needs{};    // steps whose layers its commands see, bottom first, by id
    std::size_t least_layers = 1;        // that it makes at least
    bool in_image = true;                // false: a throwaway (compilers), made only when a step that needs it is
    std::uint64_t estimated_bytes = 0;   // of its layers, compressed, best guess
    std::uint64_t work_bytes = 0;        // further disk while it runs
    double estimated_seconds = 0;        // 0: seconds, not worth a word
    std::uint64_t estimated_memory = 0;  // of its commands, bytes, as declared; 0: next to nothing
    // Ids that steps have, or had in earlier builds, which take about as much as this one: what it will take is learned
    // from those where it was never built itself.
    std::vector<std::string> siblings{};

    const StepKind& kind() const {
        return std::visit([](const auto& one) -> const StepKind& { return one.kind; }, spec);
    }
};

}  // namespace tmplbuild
