// SPDX-License-Identifier: Apache-2.0
#include "engine/pushed_steps.hpp"

namespace tmplbuild {

PushedSteps::PushedSteps(StepMaker& steps, const std::vector<oci::ImageName>& outputs, const registry::Client* client,
                         const Store& store, Progress& progress)
    : steps_(steps), client_(client), store_(store), progress_(progress) {
    for (const oci::ImageName& output : outputs) {
        if (output.kind != oci::ImageName::Kind::registry) continue;
        Reference to = Reference::parse(output.reference).value();
        places_.emplace(to.host, std::move(to));
    }
}

std::optional<StepResult> PushedSteps::find(const Step& step) {
    auto found = steps_.find(step);
    if (!found || !step.in_image) return found;
    // A layer that is in a shared cache alone is the push's to fetch.
    for (const BuiltLayer& layer : found->output.layers)
        if (store_.has_blob(layer.digest)) found_.push_back(layer);
    return found;
}

void PushedSteps::begin() {
    steps_.begin();
    for (const auto& [host, to] : places_)
        uploads_.push_back(std::make_unique<registry::EarlyUploads>(*client_, to, store_, progress_));
    offer(found_);
}

Result<StepResult> PushedSteps::make(const Step& step, const StepInputs& inputs, const std::stop_token& stop) {
    auto made = steps_.make(step, inputs, stop);
    if (made && step.in_image) offer(made->output.layers);
    return made;
}

void PushedSteps::offer(const std::vector<BuiltLayer>& layers) {
    for (const auto& upload : uploads_)
        for (const BuiltLayer& layer : layers) upload->offer(layer);
}

void PushedSteps::finish(const std::stop_token& stop) {
    for (const auto& upload : uploads_) upload->finish(stop);
}

}  // namespace tmplbuild
