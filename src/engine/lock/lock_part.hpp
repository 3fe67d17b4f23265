// SPDX-License-Identifier: Apache-2.0
// One part of the lock: what the template asks of it, when what is locked of it is stale, what is missing, and how it
// is resolved. Each part is a file of this folder; prepare.cpp walks over all of them and knows none. A part reads what
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

// What the parts share while a lock is made whole.
struct LockWork {
    const Template& tmpl;
    const LocalFacts& facts;
    const PrepareOptions& options;
    ResolveContext& context;
    Lock& lock;          // stale parts are thrown away, missing ones added
    const Lock earlier;  // as it was read: versions are kept where they still fit
    PythonLocker python;
    std::vector<BuiltLayer> base_layers{};  // once the base is made
    std::optional<BaseApt> base_apt{};      // of somebody's base, once that is made
    SandboxBackends backends;               // what sources are, asked over the base's layers

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

    // Whether the command line asks to lock a part anew: "base", "toolchain", or a step's id.
    bool renews(const std::string& part) const { return options.update_all || options.update.contains(part); }
    // Where packages are drawn from: a `debian` base's suite, else what somebody's base brings.
    AptOrigin apt_origin() const {
        const DebianBase* debian = debian_base(tmpl);
        return {debian != nullptr ? debian->suite : lock.base ? lock.base->suite : "", base_apt, tmpl.repositories};
    }
};

// All but missing() throw BuildError.
class LockPart {
  public:
    virtual ~LockPart() = default;
    // What this machine cannot do for it is said first, without the network; while planning, too.
    virtual void refuse(const LockWork&) const {}
    // Online, before minutes go into a base: what needs none of it is read, looked up and checked.
    virtual void look_ahead(LockWork&) const {}
    // Throws away what the template does not ask for any more, and what is to be renewed. The parts before it are
    // whole; when planning they may be missing, and then what hangs on them is stale.
    virtual void drop_stale(LockWork& work) const = 0;
    // Online, after drop_stale(): what is missing is added. Does nothing where nothing is.
    virtual void resolve(LockWork& work) const = 0;
    // As people name them: "base", "apt:tools", "git https://…".
    virtual std::vector<std::string> missing(const LockWork& work) const = 0;
    // What of it `lock --update` can renew: names for LockWork::renews(). A commit says all that there is to say.
    virtual std::vector<std::string> renewable(const Template& tmpl) const = 0;
};

// The part of the lock's member of that type. A member without one does not compile (prepare.cpp).
std::unique_ptr<LockPart> lock_part_of(const std::optional<LockedBase>&);
std::unique_ptr<LockPart> lock_part_of(const std::vector<LockedApt>&);
std::unique_ptr<LockPart> lock_part_of(const std::vector<LockedGit>&);
std::unique_ptr<LockPart> lock_part_of(const std::vector<LockedVenv>&);
std::unique_ptr<LockPart> lock_part_of(const std::optional<LockedToolchain>&);
std::unique_ptr<LockPart> lock_part_of(const std::vector<LockedKernel>&);

}  // namespace tmplbuild
