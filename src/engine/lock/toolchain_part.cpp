// SPDX-License-Identifier: Apache-2.0
// The CUDA toolkit's wheels, where the template has kernels.
#include "engine/lock/lock_part.hpp"

namespace tmplbuild {

namespace {

class ToolchainPart : public LockPart {
  public:
    void refuse(const LockWork& work) const override {
        if (!work.options.offline && !missing(work).empty()) find_resolver().value();
    }

    void drop_stale(LockWork& work) const override {
        const bool good = work.lock.toolchain && !work.tmpl.kernels.empty() && !work.renews(toolchain_part) &&
                          work.lock.toolchain->request == toolchain_request(work.tmpl.targets.cuda);
        if (!good) work.lock.toolchain.reset();
    }

    std::vector<std::string> missing(const LockWork& work) const override {
        if (work.tmpl.kernels.empty() || work.lock.toolchain) return {};
        return {toolchain_part};
    }

    std::vector<std::string> renewable(const Template& tmpl) const override {
        if (tmpl.kernels.empty()) return {};
        return {toolchain_part};
    }

    void resolve(LockWork& work) const override {
        if (work.tmpl.kernels.empty()) return;
        refuse_wrong_torch(work);
        if (!work.lock.toolchain) work.python.resolve_toolchain();
    }

  private:
    // A torch against which no kernel can be compiled is refused before gigabytes are fetched. It is found by planning
    // without the kernels' own part of the lock, which may still be for another venv.
    static void refuse_wrong_torch(const LockWork& work) {
        Lock without_kernels = work.lock;
        without_kernels.kernels.clear();
        (void)make_plan(work.tmpl, without_kernels, work.facts);
    }
};

}  // namespace

std::unique_ptr<LockPart> lock_part_of(const std::optional<LockedToolchain>&) {
    return std::make_unique<ToolchainPart>();
}

}  // namespace tmplbuild
