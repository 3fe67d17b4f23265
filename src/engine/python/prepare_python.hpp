// SPDX-License-Identifier: Apache-2.0
// The Python parts of the lock made whole: venvs, what builds their sdists, what kernels take from an index, the
// toolkit's wheels. Used by prepare.cpp and by it alone. Resolves first and fetches last, so that what cannot work is
// refused before gigabytes come.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "plan/requests.hpp"
#include "resolve/context.hpp"
#include "resolve/python.hpp"

namespace tmplbuild {

// A version of Python that the base's suite does not have, by the template alone: throws BuildError.
void refuse_absent_interpreters(const Template& tmpl);

// All throw BuildError. The base must be made: its contract is in the lock.
class PythonLocker {
  public:
    PythonLocker(const Template& tmpl, const LocalFacts& facts, Lock& lock, ResolveContext& context)
        : tmpl_(tmpl), facts_(facts), lock_(lock), context_(context) {}

    // What each venv is asked for, by all that is on this machine: wrong lines are refused. Needs no base.
    void refuse_wrong_requirements() const;
    // `earlier`: the venv's part of the lock before it went stale; nullptr to take the newest of everything.
    void resolve_venv(const VenvRequest& request, const LockedVenv* earlier);
    // The sdist that a recipe names as its source; does nothing for one that names none. Needs no base. `earlier`: the
    // kernel's part of the lock, whose sdist is kept where it still is the one asked for; nullptr to ask anew.
    void find_sdist(const KernelRequest& request, const LockedKernel* earlier);
    // After find_sdist().
    void resolve_kernel(const KernelRequest& request);
    void resolve_toolchain();
    // The files of all that was resolved.
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
