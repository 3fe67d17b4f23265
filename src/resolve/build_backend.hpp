// SPDX-License-Identifier: Apache-2.0
// The seam for running a project's own build backend (PEP 517), since some sources tell their version and dependencies
// in no other way. The resolution asks it; the engine implements it in its sandbox. No code of a package runs on this
// machine outside of that.
#pragma once

#include <string>
#include <vector>

#include "resolve/base_contract.hpp"
#include "resolve/lock.hpp"

namespace tmplbuild {

class BuildBackends {
  public:
    virtual ~BuildBackends() = default;
    // The text of METADATA that the source's wheel would have. `source` and `builders` are in the store; a source
    // without a known version has an empty one.
    virtual Result<std::string> metadata(const LockedDistribution& source,
                                         const std::vector<LockedDistribution>& builders,
                                         const BaseContract& contract) = 0;
};

}  // namespace tmplbuild
