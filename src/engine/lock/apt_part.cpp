// SPDX-License-Identifier: Apache-2.0
// The packages of each `apt` step, as apt would install them over the finished base and the steps below.
#include <algorithm>

#include "engine/base/dpkg_status.hpp"
#include "engine/lock/lock_part.hpp"
#include "engine/shared_cache.hpp"
#include "template/layer_traits.hpp"

namespace tmplbuild {

namespace {

class AptPart : public LockPart {
  public:
    void drop_stale(LockWork& work) const override {
        std::vector<LockedApt> kept;
        for (const AptRequest& request : apt_requests(work.tmpl)) {
            const LockedApt* apt = work.lock.find_apt(request.step);
            const bool stands = std::all_of(request.over.begin(), request.over.end(), [&](const std::string& below) {
                return std::any_of(kept.begin(), kept.end(), [&](const LockedApt& a) { return a.step == below; });
            });
            const bool good = apt != nullptr && work.lock.base && stands && !work.renews(request.step) &&
                              apt->request == apt_request(request, *work.lock.base, work.lock);
            if (good) kept.push_back(*apt);
        }
        work.lock.apts = std::move(kept);
    }

    std::vector<std::string> missing(const LockWork& work) const override {
        std::vector<std::string> out;
        for (const AptRequest& request : apt_requests(work.tmpl))
            if (work.lock.find_apt(request.step) == nullptr) out.push_back(request.step);
        return out;
    }

    std::vector<std::string> renewable(const Template& tmpl) const override {
        std::vector<std::string> out;
        for (const AptRequest& request : apt_requests(tmpl)) out.push_back(request.step);
        return out;
    }

    void resolve(LockWork& work) const override {
        for (const AptRequest& request : apt_requests(work.tmpl))
            if (work.lock.find_apt(request.step) == nullptr) resolve_step(request, work);
    }

  private:
    static void resolve_step(const AptRequest& request, LockWork& work) {
        work.context.progress.started(request.step, "resolving");
        auto resolved =
            resolve_apt(request.step, work.apt_origin(), status_below(request, work), request.packages, work.context);
        if (!resolved) {
            Error error = resolved.error();
            for (const Layer& layer : work.tmpl.layers)
                if (error.kind == ErrorKind::usage && !error.where && request.step == traits_of(layer).step)
                    error.where = layer.pos;
            throw BuildError(std::move(error));
        }
        work.lock.apts.push_back({request.step, apt_request(request, *work.lock.base, work.lock),
                                  std::move(resolved->packages), std::move(resolved->suites)});
    }

    // The text of dpkg's status where the step begins.
    static std::string status_below(const AptRequest& request, const LockWork& work) {
        // A base from a shared cache is not read before somebody must.
        if (work.context.cache != nullptr) work.context.cache->pull(work.base_layers, work.context.stop).value();
        std::string status = dpkg_status(work.context.store, work.base_layers).value();
        if (status.empty())
            throw BuildError(usage_error(
                "the step " + request.step + " installs Debian packages, and the base has none: it lacks " +
                    "/var/lib/dpkg/status" + (request.step == kernel_tools_step ? ", which kernels need" : ""),
                "choose a base made from Debian packages (Debian, Ubuntu), or leave such packages out"));
        for (const std::string& below : request.over) {
            const LockedApt& apt = *work.lock.find_apt(below);
            fetch_packages(below, work.apt_origin(), apt.packages, work.context).value();
            status += installed_status(apt.packages, work.context).value();
        }
        return status;
    }
};

}  // namespace

std::unique_ptr<LockPart> lock_part_of(const std::vector<LockedApt>&) { return std::make_unique<AptPart>(); }

}  // namespace tmplbuild
