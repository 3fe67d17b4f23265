// SPDX-License-Identifier: Apache-2.0
#include "plan/narrow.hpp"

#include <set>

#include "base/text.hpp"

namespace tmplbuild {

const Step& step_named(const Plan& plan, const std::string& id) {
    if (const Step* step = plan.find(id)) return *step;
    std::vector<std::string> ids;
    for (const Step& other : plan.steps) ids.push_back(other.id);
    throw BuildError(usage_error("the plan has no step '" + id + "'", "its steps: " + join(ids, ", ")));
}

Plan narrowed(const Plan& plan, const std::vector<std::string>& ids) {
    std::set<std::string> asked, kept;
    std::vector<std::string> open;
    for (const std::string& id : ids) open.push_back(step_named(plan, id).id);
    asked.insert(open.begin(), open.end());
    while (!open.empty()) {
        const std::string id = std::move(open.back());
        open.pop_back();
        if (!kept.insert(id).second) continue;
        const std::vector<std::string>& needs = plan.find(id)->needs;
        open.insert(open.end(), needs.begin(), needs.end());
    }
    Plan out;
    out.name = plan.name;
    out.image.compression = plan.image.compression;
    for (const Step& step : plan.steps) {
        if (!kept.contains(step.id)) continue;
        out.steps.push_back(step);
        out.steps.back().in_image = asked.contains(step.id);
    }
    return out;
}

}  // namespace tmplbuild
