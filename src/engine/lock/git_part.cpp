// SPDX-License-Identifier: Apache-2.0
// Every commit from which a layer or a kernel is made. It needs no base, and requirements are read from commits, so it
// is complete before a base is made.
#include <algorithm>

#include "engine/lock/lock_part.hpp"
#include "resolve/git.hpp"

namespace tmplbuild {

namespace {

class GitPart : public LockPart {
  public:
    void look_ahead(LockWork& work) const override {
        drop_stale(work);
        resolve(work);
    }

    void drop_stale(LockWork& work) const override {
        const std::set<GitRequest> asked = git_requests(work.tmpl);
        std::erase_if(work.lock.gits, [&](const LockedGit& git) {
            return std::none_of(asked.begin(), asked.end(),
                                [&](const GitRequest& r) { return r.url == git.url && r.rev == git.rev; });
        });
    }

    std::vector<std::string> missing(const LockWork& work) const override {
        std::vector<std::string> out;
        for (const GitRequest& request : git_requests(work.tmpl))
            if (work.lock.find_git(request.url, request.rev) == nullptr) out.push_back("git " + request.url);
        return out;
    }

    std::vector<std::string> renewable(const Template&) const override { return {}; }

    void resolve(LockWork& work) const override {
        for (const GitRequest& request : git_requests(work.tmpl)) {
            if (work.lock.find_git(request.url, request.rev) != nullptr) continue;
            work.context.progress.started("git", "fetching " + request.rev.substr(0, 12));
            work.lock.gits.push_back(resolve_git(request, work.context).value());
        }
    }
};

}  // namespace

std::unique_ptr<LockPart> lock_part_of(const std::vector<LockedGit>&) { return std::make_unique<GitPart>(); }

}  // namespace tmplbuild
