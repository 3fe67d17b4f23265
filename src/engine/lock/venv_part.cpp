// SPDX-License-Identifier: Apache-2.0
// The distributions of each venv, for the interpreter and the glibc of the finished base.
#include <algorithm>

#include "engine/lock/lock_part.hpp"
#include "resolve/git.hpp"
#include "template/layer_traits.hpp"

namespace tmplbuild {

namespace {

class VenvPart : public LockPart {
  public:
    void refuse(const LockWork& work) const override {
        if (!work.options.offline && !missing(work).empty()) find_resolver().value();
    }

    void look_ahead(LockWork& work) const override {
        fetch_commits(work);
        work.python.refuse_wrong_requirements();
    }

    void drop_stale(LockWork& work) const override {
        std::vector<LockedVenv> kept;
        for (const VenvRequest& request : venv_requests(work.tmpl)) {
            const LockedVenv* venv = work.lock.find_venv(request.venv);
            const bool good = venv != nullptr && work.lock.base && !work.renews(request.step()) &&
                              venv->request == venv_request(request, work.lock.base->contract, work.facts);
            if (good) kept.push_back(*venv);
        }
        work.lock.venvs = std::move(kept);
    }

    std::vector<std::string> missing(const LockWork& work) const override {
        std::vector<std::string> out;
        for (const VenvRequest& request : venv_requests(work.tmpl))
            if (work.lock.find_venv(request.venv) == nullptr) out.push_back(request.step());
        return out;
    }

    std::vector<std::string> renewable(const Template& tmpl) const override {
        std::vector<std::string> out;
        for (const VenvRequest& request : venv_requests(tmpl)) out.push_back(request.step());
        return out;
    }

    void resolve(LockWork& work) const override {
        for (const VenvRequest& request : venv_requests(work.tmpl)) {
            if (work.lock.find_venv(request.venv) != nullptr) continue;
            work.python.resolve_venv(request, work.earlier.find_venv(request.venv), work.renews(request.step()));
        }
    }

  private:
    // Requirements are read from commits, and those of a lock from another machine may not be in this store yet.
    static void fetch_commits(const LockWork& work) {
        for (const VenvRequest& request : venv_requests(work.tmpl)) {
            if (work.lock.find_venv(request.venv) != nullptr && !work.renews(request.step())) continue;
            for (const PythonLayer* python : request.layers)
                for (const std::string& from : python->requirements_from)
                    fetch_commit_of(from.substr(0, from.find(':')), work);
        }
    }

    static void fetch_commit_of(const std::string& layer_name, const LockWork& work) {
        for (const Layer& layer : work.tmpl.layers) {
            const GitLayer* git = traits_of(layer).commit;
            if (git != nullptr && layer.name == layer_name)
                fetch_git({git->url, git->rev, false, true}, work.context).value();
        }
    }
};

}  // namespace

std::unique_ptr<LockPart> lock_part_of(const std::vector<LockedVenv>&) { return std::make_unique<VenvPart>(); }

}  // namespace tmplbuild
