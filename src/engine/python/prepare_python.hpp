// SPDX-License-Identifier: Apache-2.0
// Completes the Python parts of the lock: venvs, what the builds of their sdists need, what kernels take from an index,
// the toolkit's wheels. Used by the engine's parts of the lock. Resolves first and fetches last, so that what cannot
// work is refused before gigabytes are fetched.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "plan/requests.hpp"
#include "resolve/context.hpp"
#include "resolve/python.hpp"

namespace tmplbuild {

// Refuses a version of Python that the base's suite does not have, judged by the template alone: throws BuildError.
void refuse_absent_interpreters(const Template& tmpl);

// All functions throw BuildError. The base must be made, unless a function says otherwise: its contract is in the lock.
class PythonLocker {
  public:
    PythonLocker(const Template& tmpl, const LocalFacts& facts, Lock& lock, ResolveContext& context)
        : tmpl_(tmpl), facts_(facts), lock_(lock), context_(context) {}

    // Reads the requirements of each venv as far as this machine has them, and refuses wrong lines. Needs no base.
    void refuse_wrong_requirements() const;
    // `earlier`: the venv's part of the lock before it became stale, or nullptr; its groups are kept, and its versions
    // too unless `renew`.
    void resolve_venv(const VenvRequest& request, const LockedVenv* earlier, bool renew);
    // Finds the sdist that a recipe names as its source; does nothing where it names none. Needs no base. `earlier`:
    // the kernel's part of the lock, whose sdist is kept if it still is the wanted one; nullptr looks it up again.
    void find_sdist(const KernelRequest& request, const LockedKernel* earlier);
    // To be called after find_sdist().
    void resolve_kernel(const KernelRequest& request);
    void resolve_toolchain();
    // Fetches the files of everything that was resolved.
    void fetch();

  private:
    struct Pending {
        std::string step;
        ResolvedPython resolved;
    };
    Error no_interpreter(const VenvRequest& request) const;
    const std::vector<LockedDistribution>& keep(const std::string& step, ResolvedPython resolved);
    PythonRequest beside_venv(const KernelRequest& request, const LockedVenv* venv) const;

    const Template& tmpl_;
    const LocalFacts& facts_;
    Lock& lock_;
    ResolveContext& context_;
    std::vector<Pending> pending_;
    std::map<std::string, LockedDistribution> sdists_;  // by kernel
};

}  // namespace tmplbuild
