// SPDX-License-Identifier: Apache-2.0
#include "build/debian_base.hpp"
#include "build/steps/steps.hpp"
#include "oci/import.hpp"

namespace tmplbuild {

// Layers of somebody else's image as they are; what known layers depend on is measured over all of them.
static Result<StepOutput> build_layout_base(const LayoutBase& base, StepContext& context) {
    context.say("reading the layout");
    auto image = oci::import_layout(context.store, base.path, base.tag);
    if (!image) return image.error();
    auto session = context.sandbox->open(image->layers, {});
    if (!session) return session.error();
    context.say("measuring");
    auto contract = measure_root((*session)->root(), context);
    if (!contract) return contract.error();
    json::object environment;
    for (const auto& [name, value] : image->config.environment) environment[name] = value;
    return StepOutput{std::move(image->layers),
                      {{"contract", contract->to_json()},
                       {"suite", release_name((*session)->root())},
                       {"environment", std::move(environment)}},
                      0};
}

Result<StepOutput> build_base(const BaseSpec& spec, StepContext& context) {
    if (std::holds_alternative<DebianBase>(spec.base)) return build_debian_base(spec, context);
    if (const auto* layout = std::get_if<LayoutBase>(&spec.base)) return build_layout_base(*layout, context);
    return usage_error("'base.image' cannot be built by this release", "take it out of the template");
}

}  // namespace tmplbuild
