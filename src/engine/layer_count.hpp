// SPDX-License-Identifier: Apache-2.0
// How many layers an image will have, counted before anything is made: what cannot be started anywhere is refused while
// planning. Used by prepare, `plan` and `build`. Never an estimate from above: what may yield none counts as none.
#pragma once

#include "plan/plan.hpp"
#include "store/store.hpp"

namespace tmplbuild {

// By the template alone, a `layout` base's own layers included. Throws BuildError (usage) with both figures, and as
// plan_variants() does.
void refuse_too_many_layers(const Template& tmpl, const LocalFacts& facts);
// With what the lock and the store know besides.
void refuse_too_many_layers(const Plan& plan, const Store& store);

}  // namespace tmplbuild
