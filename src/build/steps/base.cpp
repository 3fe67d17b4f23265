// SPDX-License-Identifier: Apache-2.0
#include "build/debian_base.hpp"
#include "build/steps/steps.hpp"

namespace tmplbuild {

Result<StepOutput> build_base(const BaseSpec& spec, StepContext& context) {
    if (std::holds_alternative<DebianBase>(spec.base)) return build_debian_base(spec, context);
    return usage_error("this release builds on `debian` bases only");
}

}  // namespace tmplbuild
