// SPDX-License-Identifier: Apache-2.0
// One node of the plan: what an engine needs to know, complete in itself. Made by plan/ from the template and the
// lock; run by build/steps/. A spec holds everything that decides the step's bytes; the key names all of it.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/canonical_key.hpp"
#include "podspec/pod_spec.hpp"
#include "resolve/lock.hpp"
#include "template/template.hpp"

namespace tmplbuild {

struct BaseSpec {
    Base base;
    LockedBase locked;
};
struct FilesSpec {
    FilesLayer layer;
    Digest content;  // of everything it copies; checked again while packing
};
struct RuntimeSpec {  // the launcher
    std::filesystem::path launcher;
    Digest content;
};
struct PodSpecStep {  // pod.json: always the last layer
    pod::PodSpec pod;
};

struct Step {
    std::string id;       // "base", "files:notebooks", "runtime", "pod"
    std::string summary;  // one line for people
    std::variant<BaseSpec, FilesSpec, RuntimeSpec, PodSpecStep> spec;
    std::optional<CanonicalKey> key{};  // none: `unresolved` says which fact is missing
    std::string unresolved{};
    std::uint64_t estimated_bytes = 0;  // of its layers, compressed, best guess

    const char* kind() const;
};

}  // namespace tmplbuild
