// SPDX-License-Identifier: Apache-2.0
#include "build/debian_base.hpp"
#include "build/interpreter.hpp"
#include "build/measure_root.hpp"
#include "build/steps/steps.hpp"
#include "oci/import.hpp"
#include "oci/inherited.hpp"
#include "resolve/base_apt.hpp"

namespace tmplbuild {

// Layers of somebody else's image as they are; what known layers depend on is measured over all of them.
static Result<StepOutput> build_layout_base(const LayoutBase& base, const std::vector<std::string>& interpreters,
                                            StepContext& context) {
    context.say("reading the layout");
    auto image = oci::import_layout(context.store, base.path, base.tag);
    if (!image) return image.error();
    auto session = context.sandbox->open(image->layers, {});
    if (!session) return session.error();
    context.say("measuring");
    const auto path = image->config.environment.find("PATH");
    auto contract = measure_root(**session, path == image->config.environment.end() ? default_path : path->second,
                                 interpreters, context);
    if (!contract) return contract.error();
    auto root = sys::Beneath::open((*session)->root(), sys::Outside::is_root);
    if (!root) return root.error();
    return StepOutput{std::move(image->layers),
                      {{"contract", contract->to_json()},
                       {"suite", release_name(*root)},
                       {"apt", read_base_apt(*root).to_json()},
                       {"image", oci::inherit(image->config).to_json()}},
                      0};
}

Result<StepOutput> build_base(const BaseSpec& spec, StepContext& context) {
    if (std::holds_alternative<DebianBase>(spec.base)) return build_debian_base(spec, context);
    if (const auto* layout = std::get_if<LayoutBase>(&spec.base))
        return build_layout_base(*layout, spec.interpreters, context);
    return usage_error("'base.image' cannot be built by this release", "take it out of the template");
}

}  // namespace tmplbuild
