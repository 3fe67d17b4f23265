// SPDX-License-Identifier: Apache-2.0
// Counts the layers that an image will have before anything is made, so that an image which no runtime could start is
// refused while planning. Used by prepare, `plan` and `build`. A lower bound: a step that may make no layer counts as
// none.
#pragma once

#include "plan/plan.hpp"
#include "store/store.hpp"

namespace tmplbuild {

// From the template alone, with a `layout` base's own layers. Throws BuildError (usage) with both figures, and where
// plan_variants() does.
void refuse_too_many_layers(const Template& tmpl, const LocalFacts& facts);
// With what the lock and the store know in addition.
void refuse_too_many_layers(const Plan& plan, const Store& store);

}  // namespace tmplbuild
