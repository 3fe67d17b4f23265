// SPDX-License-Identifier: Apache-2.0
// The seam behind which a project's own build backend runs (PEP 517): some sources tell their version and what they
// depend on in no other way. Asked by the resolution; the one behind it is the engine's, in the sandbox. No code of a
// package runs on this machine outside of it.
#pragma once

#include <string>
#include <vector>

#include "resolve/base_contract.hpp"
#include "resolve/lock.hpp"

namespace tmplbuild {

class BuildBackends {
  public:
    virtual ~BuildBackends() = default;
    // The text of METADATA, as its wheel would have it. `source` and `builders` are in the store; a source whose
    // version is not known yet has none.
    virtual Result<std::string> metadata(const LockedDistribution& source,
                                         const std::vector<LockedDistribution>& builders,
                                         const BaseContract& contract) = 0;
};

}  // namespace tmplbuild
