// SPDX-License-Identifier: Apache-2.0
#include "engine/base/debian_base.hpp"
#include "engine/base/measure_root.hpp"
#include "engine/base/registry_base.hpp"
#include "engine/python/interpreter.hpp"
#include "engine/steps/steps.hpp"
#include "oci/import.hpp"
#include "oci/inherited.hpp"
#include "registry/blob_places.hpp"
#include "resolve/base_apt.hpp"

namespace tmplbuild {

static Result<StepOutput> build_base(const DebianBase&, const BaseSpec& spec, StepContext& context) {
    return build_debian_base(spec, context);
}

// Takes the layers of a foreign image unchanged, and measures the facts for known layers over all of them.
static Result<StepOutput> take_image(const oci::ImageSource& source, const BaseSpec& spec, StepContext& context) {
    auto image = oci::import_image(context.store, source, [&](std::uint64_t done, std::uint64_t total) -> Result<void> {
        context.progress.bytes(context.step, done, total);
        if (context.stop.stop_requested()) return Error{.kind = ErrorKind::interrupted, .message = "stopped"};
        return {};
    });
    if (!image) return image.error();
    auto session = context.sandbox->open(image->layers, {});
    if (!session) return session.error();
    context.say("measuring");
    const auto path = image->config.environment.find("PATH");
    auto contract = measure_root(**session, path == image->config.environment.end() ? default_path : path->second,
                                 spec.interpreters, context);
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

static Result<StepOutput> build_base(const ImageBase& base, const BaseSpec& spec, StepContext& context) {
    context.say("pulling");
    auto source = open_registry_base(base, spec.locked.image, context.resolving());
    if (!source) return source.error();
    auto taken = take_image(*source, spec, context);
    if (!taken) return taken;
    // A push to another repository of that registry mounts them.
    std::vector<Digest> layers;
    for (const BuiltLayer& layer : taken->layers) layers.push_back(layer.digest);
    registry::note_blobs(context.store, base.reference, layers);
    return taken;
}

static Result<StepOutput> build_base(const LayoutBase& base, const BaseSpec& spec, StepContext& context) {
    context.say("reading the layout");
    auto source = oci::ImageSource::open({oci::ImageName::Kind::layout, base.path, base.tag, ""});
    if (!source) return source.error();
    if (source->digest() != spec.image)
        return build_error("'" + base.path.string() + "' holds another image than when the build was planned: now " +
                               source->digest().to_string(),
                           "build again when nothing writes into it");
    return take_image(*source, spec, context);
}

Result<StepOutput> build_step(const BaseSpec& spec, StepContext& context) {
    return std::visit([&](const auto& base) { return build_base(base, spec, context); }, spec.base);
}

}  // namespace tmplbuild
