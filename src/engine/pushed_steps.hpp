// SPDX-License-Identifier: Apache-2.0
// Steps whose layers go up to registries while other steps are still built. Used by build.cpp around EngineSteps. Where
// nothing has to be built, or no output is in a registry, it does nothing. Manifests are the outputs' to send.
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "engine/run_plan.hpp"
#include "oci/image_name.hpp"
#include "registry/early_uploads.hpp"

namespace tmplbuild {

class PushedSteps : public StepMaker {
  public:
    // `client` is there when an output is in a registry.
    PushedSteps(StepMaker& steps, const std::vector<oci::ImageName>& outputs, const registry::Client* client,
                const Store& store, Progress& progress);

    std::optional<StepResult> find(const Step& step) override;
    bool can_have(const StepResult& result) const override { return steps_.can_have(result); }
    std::uint64_t memory_of(const Step& step) override { return steps_.memory_of(step); }
    void begin() override;
    Result<StepResult> make(const Step& step, const StepInputs& inputs, const std::stop_token& stop) override;

    // Waits for what is on its way.
    void finish(const std::stop_token& stop);

  private:
    void offer(const std::vector<BuiltLayer>& layers);

    StepMaker& steps_;
    const registry::Client* client_;
    const Store& store_;
    Progress& progress_;
    std::map<std::string, Reference> places_;  // one repository of each registry; others there mount from it
    std::vector<BuiltLayer> found_;
    std::vector<std::unique_ptr<registry::EarlyUploads>> uploads_;
};

}  // namespace tmplbuild
