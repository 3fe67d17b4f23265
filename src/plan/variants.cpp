// SPDX-License-Identifier: Apache-2.0
#include "plan/variants.hpp"

#include <algorithm>
#include <map>

#include "base/text.hpp"

namespace tmplbuild {

namespace {

using kernel::Version;

std::string served_by(const KernelRecipe& recipe) {
    std::vector<std::string> out;
    for (const KernelArchRule& rule : recipe.archs) {
        const std::string products = kernel::products_of(rule.capability, 2);
        out.push_back(rule.capability.to_string() + (products.empty() ? "" : " (" + products + ")"));
    }
    return join(out, ", ");
}

std::vector<kernel::GpuTarget> targets_for(const Template& tmpl, const KernelRecipe& recipe) {
    if (!tmpl.targets.gpus.empty()) return tmpl.targets.gpus;
    std::vector<kernel::GpuTarget> all;
    for (const KernelArchRule& rule : recipe.archs)
        all.push_back({rule.capability.to_string(), rule.capability, nullptr});
    return all;
}

class Chooser {
  public:
    explicit Chooser(const Template& tmpl) : tmpl_(tmpl), toolkit_(*Version::parse(tmpl.targets.cuda)) {}

    std::vector<PlannedVariant> run() {
        for (const KernelUse& use : tmpl_.kernels) plan_kernel(use);
        if (!errors_.empty()) throw BuildError(std::move(errors_));
        return std::move(out_);
    }

  private:
    void refuse(const KernelUse& use, std::string why, std::string hint) {
        Error error = usage_error("the kernel '" + use.name + "' " + std::move(why), std::move(hint));
        error.where = use.pos;
        errors_.push_back(std::move(error));
    }

    void plan_kernel(const KernelUse& use) {
        const KernelRecipe& recipe = use.recipe;
        if (toolkit_ < Version{13, 0, 0})
            refuse(use,
                   "cannot be compiled with CUDA " + tmpl_.targets.cuda + ": NVIDIA's compiler wheels begin with 13.0",
                   "write targets.cuda = \"13.0\" or newer");
        if (!recipe.minimum_cuda.empty() && toolkit_ < *Version::parse(recipe.minimum_cuda))
            refuse(use, "needs CUDA " + recipe.minimum_cuda + " or newer, the template has " + tmpl_.targets.cuda,
                   "write targets.cuda = \"" + recipe.minimum_cuda + "\"");
        std::map<kernel::Arch, std::vector<kernel::GpuTarget>> archs;
        for (const kernel::GpuTarget& target : targets_for(tmpl_, recipe)) {
            if (const std::string* why = target.capability ? recipe.refusal_of(*target.capability) : nullptr) {
                refuse(use, "refuses the " + target.label + " (" + target.capability->to_string() + "): " + *why,
                       "it serves " + served_by(recipe) + "; take the GPU out of targets.gpus, or the kernel out");
                continue;
            }
            const kernel::Arch* arch = target.capability ? recipe.arch_for(*target.capability) : nullptr;
            if (arch != nullptr) {
                archs[*arch].push_back(target);
                continue;
            }
            const std::string what = target.capability ? " (" + target.capability->to_string() + ")" : "";
            refuse(use, "does not serve the " + target.label + what + (target.capability ? "" : ": it has no CUDA"),
                   "it serves " + served_by(recipe) + "; take the GPU out of targets.gpus, or the kernel out");
        }
        for (auto& [arch, serves] : archs) {
            const std::string least = recipe.minimum_cuda_for(arch);
            if (least != recipe.minimum_cuda && toolkit_ < *Version::parse(least))
                refuse(use, "needs CUDA " + least + " or newer for " + arch.to_string(),
                       "write targets.cuda = \"" + least + "\"");
            if (const auto why = kernel::toolkit_refusal(arch, toolkit_))
                refuse(use, "cannot be built for " + arch.to_string() + ": " + *why, "change targets.cuda");
            out_.push_back({&use, arch, std::move(serves)});
        }
    }

    const Template& tmpl_;
    Version toolkit_;
    std::vector<PlannedVariant> out_;
    std::vector<Error> errors_;
};

}  // namespace

std::vector<PlannedVariant> plan_variants(const Template& tmpl) { return Chooser(tmpl).run(); }

// A torch wheel's dependencies tell the CUDA that it was built for: nvidia-cuda-runtime-cu12, or (from 13 on)
// nvidia-cuda-runtime with the toolkit's own version.
std::string cuda_of_torch(const LockedVenv& venv) {
    if (find_distribution(venv.distributions, "torch") == nullptr) return {};
    if (find_distribution(venv.distributions, "nvidia-cuda-runtime-cu11") != nullptr) return "11";
    if (find_distribution(venv.distributions, "nvidia-cuda-runtime-cu12") != nullptr) return "12";
    const LockedDistribution* runtime = find_distribution(venv.distributions, "nvidia-cuda-runtime");
    return runtime == nullptr ? "" : runtime->version;
}

std::string torch_refusal(const LockedVenv& venv, const std::string& cuda) {
    const LockedDistribution* torch = find_distribution(venv.distributions, "torch");
    if (torch == nullptr) return "there is no torch in the venv '" + venv.venv + "'";
    const std::string toolkit = cuda_of_torch(venv), built_for = toolkit.substr(0, toolkit.find('.'));
    if (built_for.empty() || built_for == cuda.substr(0, cuda.find('.'))) return {};
    return "torch " + torch->version + " is built for CUDA " + built_for +
           ", and the kernel would be compiled with CUDA " + cuda + ": their majors must agree";
}

}  // namespace tmplbuild
