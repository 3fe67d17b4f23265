// SPDX-License-Identifier: Apache-2.0
// What a kernel's recipe takes from the package index: its source if that is an sdist, the wheels of its compile, and
// its fallback. It comes after the venvs, since what they hold is part of the request.
#include "engine/lock/lock_part.hpp"

namespace tmplbuild {

namespace {

class KernelPart : public LockPart {
  public:
    void refuse(const LockWork& work) const override {
        if (!work.options.offline && !missing(work).empty()) find_resolver().value();
    }

    // An sdist needs no base, so a missing one is reported before minutes are spent on the base.
    void look_ahead(LockWork& work) const override {
        for (const KernelRequest& request : kernel_requests(work.tmpl)) {
            const bool renews = work.renews(request.step());
            work.python.find_sdist(request, renews ? nullptr : work.earlier.find_kernel(request.use->name));
        }
    }

    void drop_stale(LockWork& work) const override {
        std::vector<LockedKernel> kept;
        for (const KernelRequest& request : kernel_requests(work.tmpl)) {
            const LockedKernel* locked = work.lock.find_kernel(request.use->name);
            const bool good = locked != nullptr && work.lock.base && !work.renews(request.step()) &&
                              locked->request == kernel_request(request, work.lock.base->contract, work.lock);
            if (good) kept.push_back(*locked);
        }
        work.lock.kernels = std::move(kept);
    }

    std::vector<std::string> missing(const LockWork& work) const override {
        std::vector<std::string> out;
        for (const KernelRequest& request : kernel_requests(work.tmpl))
            if (work.lock.find_kernel(request.use->name) == nullptr) out.push_back(request.step());
        return out;
    }

    std::vector<std::string> renewable(const Template& tmpl) const override {
        std::vector<std::string> out;
        for (const KernelRequest& request : kernel_requests(tmpl)) out.push_back(request.step());
        return out;
    }

    void resolve(LockWork& work) const override {
        for (const KernelRequest& request : kernel_requests(work.tmpl))
            if (work.lock.find_kernel(request.use->name) == nullptr) work.python.resolve_kernel(request);
    }
};

}  // namespace

std::unique_ptr<LockPart> lock_part_of(const std::vector<LockedKernel>&) { return std::make_unique<KernelPart>(); }

}  // namespace tmplbuild
