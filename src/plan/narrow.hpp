// SPDX-License-Identifier: Apache-2.0
// Cuts a plan down to some of its steps, for machines that each make a part of one image (`build --only`). Pure; keys
// stay what they are.
#pragma once

#include <string>
#include <vector>

#include "plan/plan.hpp"

namespace tmplbuild {

// The step of that id. Throws BuildError (usage) that lists the plan's steps where there is none.
const Step& step_named(const Plan& plan, const std::string& id);

// The steps of these ids and all that they need, in the plan's order. What is only needed becomes a throwaway: it is
// made when a step that needs it is made. The image and its GPUs are left out. Throws like step_named().
Plan narrowed(const Plan& plan, const std::vector<std::string>& ids);

}  // namespace tmplbuild
