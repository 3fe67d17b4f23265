// SPDX-License-Identifier: Apache-2.0
// One run of a project's own build backend (PEP 517, PEP 660) in the sandbox, over the layers of a step, without
// network, with the lock's builders in a throwaway venv. Used to make wheels of sdists and sources, and to ask sources
// what they are. Output of a run is not trusted: no link is followed, and only plain files are taken.
#pragma once

#include <string>
#include <vector>

#include "base/canonical_key.hpp"
#include "engine/step_context.hpp"
#include "resolve/lock.hpp"
#include "sys/fd.hpp"

namespace tmplbuild {

enum class BackendMake { wheel, metadata };  // `wheel` of editable sources is one that points to their place

// Everything that can decide the output of a run.
CanonicalKey backend_key(BackendMake make, const LockedDistribution& source,
                         const std::vector<LockedDistribution>& builders, const StepContext& context);

class BackendRun {
  public:
    // `source` and `builders` are in the store. Errors name the source and carry the backend's last lines.
    static Result<BackendRun> start(BackendMake make, const LockedDistribution& source,
                                    const std::vector<LockedDistribution>& builders, StepContext& context);

    std::uint64_t peak_memory() const { return peak_memory_; }
    // Names of the files that it made, in any order.
    Result<std::vector<std::string>> made() const;
    Result<sys::Fd> open_made(const std::string& name, std::uint64_t& size) const;
    Error failure(const std::string& why) const;

  private:
    BackendRun(BackendMake make, const LockedDistribution& source, sys::TempDirectory folder)
        : make_(make), source_(source), folder_(std::move(folder)) {}
    Result<void> lay_out(const std::vector<LockedDistribution>& builders, StepContext& context);
    Result<void> run(StepContext& context);
    Error explained(const std::string& said, bool lacks_packages) const;

    BackendMake make_;
    LockedDistribution source_;
    sys::TempDirectory folder_;
    std::uint64_t peak_memory_ = 0;
};

}  // namespace tmplbuild
