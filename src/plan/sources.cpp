// SPDX-License-Identifier: Apache-2.0
#include "plan/sources.hpp"

namespace tmplbuild {

namespace {

void add_source(const KernelRecipe& recipe, StepSources& out) {
    if (!recipe.archive_url.empty())
        out.file = FileSource{recipe.archive_url, recipe.archive_sha256};
    else if (!recipe.source_url.empty())
        out.commit = commit_of(recipe);
}

StepSources of(const BaseSpec& spec) {
    StepSources out;
    if (spec.locked.kind == "debian")
        out.packages = PackageSources{&spec.locked.packages, spec.locked.suite, false, &spec.repositories};
    return out;
}
StepSources of(const FilesSpec&) { return {}; }
StepSources of(const FetchSpec& spec) { return {.file = FileSource{spec.layer.url, spec.layer.sha256}}; }
StepSources of(const GitSpec& spec) { return {.commit = commit_of(spec.layer)}; }
StepSources of(const AptSpec& spec) {
    return {.packages = PackageSources{&spec.locked.packages, spec.suite, spec.own_sources, &spec.repositories}};
}
StepSources of(const PythonSpec& spec) {
    const LockedVenv& venv = spec.locked;
    const std::string part = venv_step(venv.venv);
    return {.distributions = {{part, &venv.distributions, &venv.places, spec.folder},
                              {part, &venv.builders, &venv.places, spec.folder}}};
}
StepSources of(const RunSpec& spec) { return {.secrets = spec.layer.secrets}; }
StepSources of(const KernelSpec& spec) {
    const std::string part = kernel_part(spec.kernel);
    StepSources out{.distributions = {{part, &spec.requirements, &spec.places},
                                      {toolchain_part, &spec.toolchain.wheels, nullptr},
                                      {part, &spec.sdist, nullptr}}};
    add_source(spec.recipe, out);
    return out;
}
StepSources of(const KernelFilesSpec& spec) {
    const std::string part = kernel_part(spec.kernel);
    StepSources out{.distributions = {{part, &spec.fallback, &spec.places}}};
    if (!spec.with_source) return out;
    add_source(spec.recipe, out);
    out.distributions.push_back({part, &spec.sdist, nullptr});
    return out;
}
StepSources of(const RuntimeSpec&) { return {}; }
StepSources of(const PodSpecStep&) { return {}; }

}  // namespace

StepSources sources_of(const Step& step) {
    return std::visit([](const auto& spec) { return of(spec); }, step.spec);
}

}  // namespace tmplbuild
