// SPDX-License-Identifier: Apache-2.0
#include "runpod/page.hpp"

#include <algorithm>
#include <compare>
#include <map>

#include "base/text.hpp"
#include "kernel/gpu.hpp"
#include "podspec/names.hpp"
#include "runpod/platform.hpp"

namespace tmplbuild::runpod {

namespace {

// In a cell of Markdown's tables.
std::string cell(const std::string& text) {
    std::string out;
    for (const char c : text) out += c == '|' ? std::string("\\|") : c == '\n' ? std::string(" ") : std::string(1, c);
    return out;
}

std::string label_of(const Port& port) {
    return port.service == "console" ? "Console: status, and the way to every service" : port.service;
}

std::string ports_part(const PodTemplate& t) {
    if (t.ports.empty()) return {};
    std::string out = "## Ports\n\n| port | what | how |\n| --- | --- | --- |\n";
    for (const Port& port : t.ports)
        out += "| " + port.to_string() + " | " + cell(label_of(port)) + " | " +
               (port.is_http ? "`https://POD-" + std::to_string(port.number) + ".proxy.runpod.net`"
                             : "the pod's address and the port that RunPod maps") +
               " |\n";
    return out + "\n";
}

std::string password_part(const PodTemplate& t, const pod::PodSpec& spec) {
    if (spec.console_port == 0) return {};
    std::string out =
        "## Password\n\nOne sign-in opens all ports but those that have a login of their own. The password is the "
        "pod's "
        "variable `CONSOLE_PASSWORD`, else `JUPYTER_PASSWORD`";
    out += t.start_jupyter ? ", which RunPod sets" : "";
    return out + "; where neither is set, the pod makes one at its first start and prints it once in its log.\n\n";
}

// What a kernel does on a GPU, best first.
struct Outcome {
    enum class Rank { at_once, by_driver, compiled, slower, never };
    Rank rank = Rank::never;
    std::string words;
    // NOLINTNEXTLINE(modernize-use-nullptr): clang-tidy 14 takes the comparison's own 0 for a pointer.
    auto operator<=>(const Outcome&) const = default;
};

Outcome without_variant(const pod::Kernel& kernel, const kernel::Gpu& gpu) {
    const Outcome never{Outcome::Rank::never, "does not run here"};
    if (!gpu.capability()) return never;
    const std::string capability = gpu.capability()->to_string();
    for (const pod::KernelRefusal& refusal : kernel.refused)
        if (refusal.capability == capability) return {never.rank, never.words + ": " + refusal.reason};
    const bool is_served = std::any_of(kernel.capabilities.begin(), kernel.capabilities.end(),
                                       [&](const auto& one) { return one.capability == capability; });
    if (!is_served) return never;
    if (kernel.install == pod::InstallMode::off || kernel.install == pod::InstallMode::prebuilt)
        return {Outcome::Rank::slower, "is not compiled for it; services run without it, slower"};
    const double seconds = static_cast<double>(kernel.build.estimated_seconds);
    return {Outcome::Rank::compiled, "is compiled once on the pod, beside the running services" +
                                         (seconds > 0 ? ", in about " + human_seconds(seconds) + " on two cores" : "") +
                                         ", and kept on the volume"};
}

Outcome outcome_on(const kernel::Gpu& gpu, const pod::Kernel& kernel, const std::vector<KernelRow>& rows) {
    for (const KernelRow& row : rows)
        if (row.kernel == kernel.name && row.gpu == gpu.name && row.runs)
            return row.is_compiled_by_driver
                       ? Outcome{Outcome::Rank::by_driver, "works after the driver compiled it at the first start"}
                       : Outcome{Outcome::Rank::at_once, "works at once"};
    return without_variant(kernel, gpu);
}

std::string kernel_part(const pod::Kernel& kernel, const std::vector<KernelRow>& rows) {
    std::map<Outcome, std::vector<std::string>> gpus;  // what is the same for several GPUs is said once
    for (const kernel::Gpu& gpu : kernel::all_gpus())
        if (gpu.on_runpod && gpu.vendor == kernel::Vendor::nvidia)
            gpus[outcome_on(gpu, kernel, rows)].emplace_back(gpu.name);
    std::string out = "### " + kernel.name + "\n\n| on | it |\n| --- | --- |\n";
    for (const auto& [outcome, names] : gpus)
        out += "| " + cell(join(names, ", ")) + " | " + cell(outcome.words) + " |\n";
    out += "\n";
    if (!kernel.env_var.empty())
        out += "`" + kernel.env_var +
               "` is `background` (compile beside the services), `true` (services that use it wait), `prebuilt` (never "
               "compile) or `off`; this template sets `" +
               pod::to_string(kernel.install) + "`.\n\n";
    return out;
}

}  // namespace

std::string readme_text(const PodTemplate& t, const ImageFacts& image, const std::string& introduction) {
    std::string out = "# " + t.name + "\n\n";
    if (!introduction.empty()) out += std::string(trim(introduction)) + "\n\n";
    out += "The pod answers on its ports within seconds of its start; what still starts says so there.\n\n";
    out += ports_part(t) + password_part(t, image.spec);
    if (!image.spec.kernels.empty()) out += "## Kernels\n\n";
    for (const pod::Kernel& kernel : image.spec.kernels) out += kernel_part(kernel, image.kernels);
    out += "## Storage\n\nThe container's disk (" + std::to_string(t.disk_gb) +
           " GB) is emptied when the pod stops. What should last goes to `" + std::string(mount_path) + "`" +
           (t.volume_gb != 0 ? ", a volume of " + std::to_string(t.volume_gb) + " GB" : "; rent it with a volume") +
           ".\n\n";
    out += "## Image\n\n`" + t.image + "`, " + human_bytes(image.pull.size) + " to fetch, " +
           human_bytes(image.unpacked) + " on the disk.";
    if (!image.spec.cuda.empty() && t.category == "NVIDIA")
        out += " It needs a host with CUDA " + image.spec.cuda + " or newer" +
               (image.spec.minimum_driver.empty() ? "" : " (driver " + image.spec.minimum_driver + ")") + ".";
    return out + "\n";
}

std::string ports_text(const PodTemplate& t) {
    std::string out;
    for (const Port& port : t.ports) {
        std::string line = port.to_string();
        line.resize(std::max<std::size_t>(line.size() + 1, 12), ' ');
        out += line + label_of(port) + "\n";
    }
    return out;
}

}  // namespace tmplbuild::runpod
