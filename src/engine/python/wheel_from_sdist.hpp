// SPDX-License-Identifier: Apache-2.0
// An sdist → its wheel, in the sandbox over the image's own layers, without network, through its own build backend
// (PEP 517). Used by the python step for distributions that no index has a wheel of. Kept in the store by everything
// that can decide its bytes. Never installs anything, never fetches a build requirement that the lock does not name.
#pragma once

#include "engine/step_context.hpp"
#include "resolve/lock.hpp"

namespace tmplbuild {

struct BuiltWheel {
    LockedDistribution wheel;  // name, version and group of the sdist; file, hash and size of the wheel in the store
    std::uint64_t peak_memory = 0;  // bytes; 0 when it came from the store
};

// `builders`: wheels in the store. Errors name the sdist and carry the backend's last lines.
Result<BuiltWheel> wheel_from_sdist(const LockedDistribution& sdist, const std::vector<LockedDistribution>& builders,
                                    StepContext& context);

}  // namespace tmplbuild
