// SPDX-License-Identifier: Apache-2.0
// Makes the wheel of an sdist in the sandbox over the image's own layers, without network, by its own build backend
// (PEP 517). Used by the python step for distributions of which no index has a wheel. Kept in the store under
// everything that can decide its bytes. Never installs anything, never fetches a build requirement that the lock does
// not name.
#pragma once

#include "engine/step_context.hpp"
#include "resolve/lock.hpp"

namespace tmplbuild {

struct BuiltWheel {
    // With the sdist's name, version and group; file, hash and size are of the wheel in the store.
    LockedDistribution wheel;
    std::uint64_t peak_memory = 0;  // bytes; 0 when the wheel came from the store
};

// `builders`: wheels in the store. Errors name the sdist and hold the backend's last lines.
Result<BuiltWheel> wheel_from_sdist(const LockedDistribution& sdist, const std::vector<LockedDistribution>& builders,
                                    StepContext& context);

}  // namespace tmplbuild
