// SPDX-License-Identifier: Apache-2.0
#include "cli/simulated_gpu.hpp"

#include "base/text.hpp"
#include "cli/commands.hpp"
#include "kernel/gpu.hpp"

namespace tmplbuild::cli {

static const char* const driver_inside = "/mnt/tmplbuild-simulated-driver";

void simulate_gpus(const std::vector<std::string>& gpus, LocalRun& run) {
    std::vector<std::string> entries, labels;
    for (const std::string& text : gpus) {
        const kernel::GpuTarget target = kernel::parse_target(text).value();
        if (!target.capability)
            throw BuildError(usage_error("--gpu " + text + ": it has no CUDA, so there is no driver to stand in for",
                                         "name an NVIDIA GPU: `tmplbuild gpus` lists them"));
        const bool product = target.gpu != nullptr;
        const int memory = product && target.gpu->memory_gb > 0 ? target.gpu->memory_gb : 24;
        entries.push_back((product ? std::string(target.gpu->product_id) : "Simulated GPU " + target.label) + "=" +
                          target.capability->to_string() + "=" + std::to_string(memory));
        labels.push_back(target.label);
    }
    const std::string inside = driver_inside;
    run.mounts.push_back({fake_driver_folder(), inside, true});
    run.environment["TMPLBUILD_FAKE_GPUS"] = join(entries, ";");
    run.environment["TMPLBUILD_LIBNVML"] = inside + "/libnvidia-ml.so.1";
    run.environment["TMPLBUILD_LIBCUDA"] = inside + "/libcuda.so.1";
    run.environment["TMPLBUILD_NVIDIA_SMI"] = inside + "/nvidia-smi";
    const std::string prefix = "[simulated " + join(labels, ", ") + "] ";
    run.on_line = [prefix, print = run.on_line](std::string_view line) { print(prefix + std::string(line)); };
}

}  // namespace tmplbuild::cli
