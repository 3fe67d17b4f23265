// SPDX-License-Identifier: Apache-2.0
// One part of the lock: what the template asks of it, when the locked part is stale, what is missing, and how it is
// resolved. Each part is a file of this folder; prepare.cpp walks over all of them and knows none. A part reads what
// the parts before it have locked; it never writes a file.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/prepare.hpp"
#include "engine/python/prepare_python.hpp"
#include "engine/python/source_metadata.hpp"
#include "plan/requests.hpp"
#include "resolve/apt.hpp"

namespace tmplbuild {

// The state that the parts share while a lock is completed.
struct LockWork {
    const Template& tmpl;
    const LocalFacts& facts;
    const PrepareOptions& options;
    ResolveContext& context;
    Lock& lock;          // stale parts are removed from it, missing ones are added
    const Lock earlier;  // as it was read: its versions are kept where they still fit
    PythonLocker python;
    std::vector<BuiltLayer> base_layers{};  // set once the base is made
    std::optional<BaseApt> base_apt{};      // of a foreign base, once that is made
    SandboxBackends backends;               // asks sources what they are, over the base's layers

    LockWork(const Template& asked, const LocalFacts& known, const PrepareOptions& wanted, ResolveContext& within,
             Lock& becoming)
        : tmpl(asked),
          facts(known),
          options(wanted),
          context(within),
          lock(becoming),
          earlier(becoming),
          python(asked, known, becoming, within),
          backends(base_layers, wanted.sandbox_init, within) {
        within.backends = &backends;
    }

    // Whether the command line asks to resolve a part again: "base", "toolchain", or a step's id.
    bool renews(const std::string& part) const { return options.update_all || options.update.contains(part); }
    // Where packages come from: a `debian` base's suite, or a foreign base's own sources.
    AptOrigin apt_origin() const {
        const DebianBase* debian = debian_base(tmpl);
        return {debian != nullptr ? debian->suite : lock.base ? lock.base->suite : "", base_apt, tmpl.repositories};
    }
};

// All functions but missing() throw BuildError.
class LockPart {
  public:
    virtual ~LockPart() = default;
    // Refuses what this machine cannot do for it; called first, without the network, and while planning too.
    virtual void refuse(const LockWork&) const {}
    // Online, before the base is made, which takes minutes: reads, looks up and checks everything that needs no base.
    virtual void look_ahead(LockWork&) const {}
    // Removes what the template no longer asks for, and what is to be renewed. The parts before it are complete; while
    // planning they may be missing, and then what depends on them is stale.
    virtual void drop_stale(LockWork& work) const = 0;
    // Online, after drop_stale(): adds what is missing. Does nothing where nothing is missing.
    virtual void resolve(LockWork& work) const = 0;
    // The missing parts by the names that people use: "base", "apt:tools", "git https://…".
    virtual std::vector<std::string> missing(const LockWork& work) const = 0;
    // What `lock --update` can renew of it: names for LockWork::renews(). A commit cannot be renewed, since it never
    // changes.
    virtual std::vector<std::string> renewable(const Template& tmpl) const = 0;
};

// The LockPart for the lock's member of that type. A member without one does not compile (prepare.cpp).
std::unique_ptr<LockPart> lock_part_of(const std::optional<LockedBase>&);
std::unique_ptr<LockPart> lock_part_of(const std::vector<LockedApt>&);
std::unique_ptr<LockPart> lock_part_of(const std::vector<LockedGit>&);
std::unique_ptr<LockPart> lock_part_of(const std::vector<LockedVenv>&);
std::unique_ptr<LockPart> lock_part_of(const std::optional<LockedToolchain>&);
std::unique_ptr<LockPart> lock_part_of(const std::vector<LockedKernel>&);

}  // namespace tmplbuild
