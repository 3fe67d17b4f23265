// SPDX-License-Identifier: Apache-2.0
#include "console/pod/kernel_words.hpp"

#include <algorithm>

namespace tmplbuild::console {

namespace {

std::string without(std::string text, const std::string& start) {
    return text.starts_with(start) ? text.substr(start.size()) : text;
}

std::string short_name(const status::Gpu& gpu) { return without(without(gpu.name, "NVIDIA "), "GeForce "); }

// "about 4 minutes left"
std::string time_left(std::int64_t seconds) {
    if (seconds < 60) return "less than a minute left";
    const std::int64_t minutes = (seconds + 30) / 60;
    if (minutes < 90) return "about " + std::to_string(minutes) + (minutes == 1 ? " minute left" : " minutes left");
    return "about " + std::to_string((minutes + 30) / 60) + " hours left";
}

// What is slower while a kernel is not in place.
std::string slower(const status::Kernel& kernel) {
    const bool attention =
        kernel.name.find("attention") != std::string::npos || kernel.name.find("attn") != std::string::npos;
    return attention ? "attention is slower" : "what would use it is slower";
}

std::string because(const std::string& reason) { return reason.empty() ? "" : ": " + reason; }

std::string compiling(const status::Kernel& kernel, const std::string& gpus) {
    std::string out = "compiling for " + gpus;
    if (kernel.seconds_left) out += ", " + time_left(*kernel.seconds_left);
    if (kernel.mode == "true") return out + "; the services that use it wait for it";
    return out + "; everything works meanwhile, " + slower(kernel);
}

std::string waiting(const status::Kernel& kernel) {
    if (kernel.next_try)
        return "not in place yet" + because(kernel.reason) + "; it is tried again by itself, and " + slower(kernel) +
               " until then";
    if (kernel.verdict.empty()) return "waiting to learn which GPU this is";
    return "being put in place; everything works meanwhile, " + slower(kernel);
}

std::string available(const status::Kernel& kernel, const std::string& gpus) {
    if (kernel.simulated) return "in place, simulated: a stand-in answers instead of a GPU";
    if (kernel.verdict.empty()) return "something slower is used in its place" + because(kernel.reason);
    if (kernel.verdict == "jit") return "in place; the driver compiles it for " + gpus + " when it is first used";
    return "in place for " + gpus + "; it has not been checked on this GPU yet";
}

}  // namespace

std::string name_of_gpus(const std::vector<status::Gpu>& gpus) {
    if (gpus.empty()) return "this pod";
    const std::string first = short_name(gpus.front());
    if (first.empty()) return gpus.size() == 1 ? "your GPU" : "your GPUs";
    if (gpus.size() == 1) return "your " + first;
    const bool same =
        std::all_of(gpus.begin(), gpus.end(), [&](const status::Gpu& gpu) { return short_name(gpu) == first; });
    return same ? "your " + std::to_string(gpus.size()) + " × " + first : "your GPUs";
}

std::string kernel_words(const status::Kernel& kernel, const std::vector<status::Gpu>& gpus) {
    const std::string names = name_of_gpus(gpus);
    if (kernel.state == "waiting") return waiting(kernel);
    if (kernel.state == "compiling") return compiling(kernel, names);
    if (kernel.state == "available") return available(kernel, names);
    if (kernel.state == "active") return "works on " + names + ": it was checked on this GPU";
    if (kernel.state == "degraded") return "in place, but a service fell back to slower code" + because(kernel.reason);
    if (kernel.state == "off" && kernel.mode == "off") return "switched off; everything works, " + slower(kernel);
    if (kernel.state == "off") return "not used" + because(kernel.reason) + "; everything works, " + slower(kernel);
    if (kernel.state == "failed")
        return "cannot be used" + because(kernel.reason) + "; everything works without it, " + slower(kernel);
    return kernel.state + because(kernel.reason);
}

// Why a service runs without a kernel.
static std::string why_without(const status::Kernel& kernel) {
    if (kernel.state == "compiling") return "the kernel is still compiling";
    if (kernel.state == "waiting") return "the kernel is not in place yet";
    if (kernel.state == "off") return kernel.mode == "off" ? "the kernel is switched off" : kernel.reason;
    if (kernel.state == "failed") return "the kernel cannot be used" + because(kernel.reason);
    return kernel.name + " is in place, and is used once this service starts again";
}

std::optional<std::string> attention_words(const status::Service& service, const std::vector<status::Kernel>& kernels) {
    if (service.uses_kernels.empty() || service.pid == 0) return std::nullopt;
    std::string with, without_it;
    for (const status::Kernel& kernel : kernels) {
        const auto& used = service.uses_kernels;
        if (std::find(used.begin(), used.end(), kernel.name) == used.end()) continue;
        with += (with.empty() ? "" : "; ") + kernel.name;
        if (!kernel.arch.empty() && !kernel.verdict.empty()) with += ", sm_" + kernel.arch;
        if (kernel.simulated) with += " (simulated)";
        if (kernel.state == "degraded") with += ", fell back to slower code";
        const bool in_place = kernel.state == "available" || kernel.state == "active" || kernel.state == "degraded";
        if (without_it.empty() || !in_place) without_it = why_without(kernel);
    }
    if (with.empty()) return std::nullopt;
    return service.with_kernels ? with + ", since it started" : "PyTorch's own" + because(without_it);
}

}  // namespace tmplbuild::console
