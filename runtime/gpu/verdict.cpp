// SPDX-License-Identifier: Apache-2.0
#include "gpu/verdict.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "kernel/variant_proof.hpp"
#include "podspec/names.hpp"

namespace tmplbuild::gpu {

namespace {

using kernel::Verdict;

std::string short_name(const SeenGpu& gpu) {
    const kernel::Gpu* row = kernel::find_gpu(gpu.name);
    return (row != nullptr ? std::string(row->name) : gpu.name) + " (" + gpu.capability.to_string() + ")";
}

kernel::Host host_of(const Answer& answer) { return {answer.driver, answer.driver_cuda}; }

std::vector<kernel::Capability> capabilities_of(const Answer& answer) {
    std::vector<kernel::Capability> out;
    for (const SeenGpu& gpu : answer.gpus)
        if (std::find(out.begin(), out.end(), gpu.capability) == out.end()) out.push_back(gpu.capability);
    std::sort(out.begin(), out.end());
    return out;
}

std::string join_words(const std::vector<std::string>& words) {
    if (words.size() < 2) return join(words, "");
    return join({words.begin(), words.end() - 1}, ", ") + " and " + words.back();
}

// A variant has to serve every GPU, so the verdict is the worst of those for each GPU.
kernel::Judgement judge_for_all(const kernel::VariantProof& proof, const std::vector<kernel::Capability>& wanted,
                                const kernel::Host& host) {
    kernel::Judgement worst{Verdict::exact, ""};
    for (const kernel::Capability& capability : wanted) {
        const kernel::Judgement one = kernel::judge_variant(proof, {capability.to_string(), capability, nullptr}, host);
        if (worst.reason.empty() || worst.verdict < one.verdict) worst = one;
    }
    return worst;
}

// The reason, in words, why the recipe has no arch for a GPU. None where it has one, which then is put into `arch`.
std::optional<std::string> refusal(const pod::Kernel& kernel, const kernel::Capability& capability, std::string& arch) {
    const std::string text = capability.to_string();
    for (const pod::KernelRefusal& refused : kernel.refused)
        if (refused.capability == text) return refused.reason;
    for (const pod::KernelCapability& served : kernel.capabilities)
        if (served.capability == text) {
            arch = served.arch;
            return std::nullopt;
        }
    return kernel.name + " does not serve GPUs of compute capability " + text;
}

// For GPUs on which no variant of the image runs: the arch that could be compiled for them, or why there is none.
KernelVerdict judge_absence(const pod::Kernel& kernel, const std::vector<kernel::Capability>& wanted,
                            const std::string& why) {
    std::string arch, first;
    for (const kernel::Capability& capability : wanted) {
        std::string one;
        if (const auto reason = refusal(kernel, capability, one)) return {Verdict::unsupported, *reason, {}, {}, ""};
        if (first.empty()) first = one;
        if (one != first)
            return {Verdict::missing,
                    "this pod's GPUs need " + kernel.name + " for sm_" + first + " and for sm_" + one +
                        ", and one process can load one of them only: CUDA_VISIBLE_DEVICES can choose one kind",
                    {},
                    {},
                    ""};
        arch = one;
    }
    return {Verdict::missing, why, {}, {}, arch};
}

}  // namespace

std::string driver_text(const kernel::Version& driver) {
    const auto two = [](int n) { return (n < 10 ? ".0" : ".") + std::to_string(n); };
    std::string text = std::to_string(driver.major);
    if (driver.minor != 0 || driver.patch != 0) text += two(driver.minor);
    return driver.patch != 0 ? text + two(driver.patch) : text;
}

const char* to_string(HostState state) {
    switch (state) {
        case HostState::unknown:
            return "unknown";
        case HostState::probing:
            return "probing";
        case HostState::usable:
            return "usable";
        case HostState::old_driver:
            return "old-driver";
        case HostState::no_gpu:
            return "no-gpu";
        case HostState::no_driver:
            return "no-driver";
        case HostState::failed:
            return "failed";
    }
    return "failed";
}

std::string describe_gpus(const Answer& answer) {
    std::vector<std::string> names;
    std::vector<int> counts;
    for (const SeenGpu& gpu : answer.gpus) {
        const std::string name = short_name(gpu);
        const auto at = std::find(names.begin(), names.end(), name);
        if (at == names.end()) {
            names.push_back(name);
            counts.push_back(1);
        } else {
            ++counts[static_cast<std::size_t>(at - names.begin())];
        }
    }
    for (std::size_t i = 0; i < names.size(); ++i)
        if (counts[i] > 1) names[i] = std::to_string(counts[i]) + " x " + names[i];
    return join_words(names);
}

HostVerdict judge_host(const Answer& answer, const pod::PodSpec& spec) {
    switch (answer.state) {
        case ProbeState::ok:
            break;
        case ProbeState::no_gpu:
            return {HostState::no_gpu, answer.reason};
        case ProbeState::no_driver:
            return {HostState::no_driver, answer.reason};
        case ProbeState::failed:
        case ProbeState::hangs:
        case ProbeState::crashed:
        case ProbeState::garbage:
            return {HostState::failed, answer.reason};
    }
    std::string line = describe_gpus(answer);
    if (answer.driver) line += ", driver " + driver_text(*answer.driver);
    const auto cuda = kernel::Version::parse(spec.cuda);
    if (cuda)
        if (const auto refusal = kernel::driver_refusal(*cuda, false, host_of(answer)))
            return {HostState::old_driver, line + ": " + *refusal};
    const auto floor = kernel::Version::parse(spec.minimum_driver);
    if (floor && answer.driver && *answer.driver < *floor && !answer.driver_cuda)
        return {HostState::old_driver, line + ": the image needs driver " + driver_text(*floor) + " or newer"};
    return {HostState::usable, line};
}

KernelVerdict judge_kernel(const pod::Kernel& kernel, const Answer& answer) {
    const std::vector<kernel::Capability> wanted = capabilities_of(answer);
    for (const kernel::Capability& capability : wanted)
        for (const pod::KernelRefusal& refused : kernel.refused)
            if (refused.capability == capability.to_string()) return {Verdict::unsupported, refused.reason, {}, {}, ""};
    std::vector<kernel::VariantProof> proofs;
    std::vector<std::size_t> places;
    std::vector<std::string> digests;
    for (std::size_t i = 0; i < kernel.variants.size(); ++i) {
        auto table = json::parse(kernel.variants[i].table, "a variant's table");
        if (!table || !table->is_object()) continue;
        auto proof = kernel::variant_proof_from_json(table->get_object());
        if (!proof) continue;
        proofs.push_back(std::move(*proof));
        places.push_back(i);
        digests.push_back(json::string_or(table->get_object(), "files", ""));
    }
    KernelVerdict best{Verdict::missing, "the image has no variant of it", {}, {}, ""};
    std::optional<std::size_t> chosen;
    for (std::size_t i = 0; i < proofs.size(); ++i) {
        const kernel::Judgement one = judge_for_all(proofs[i], wanted, host_of(answer));
        const bool better =
            kernel::runs(one.verdict) && (!chosen || one.verdict < best.verdict ||
                                          (one.verdict == best.verdict && proofs[*chosen].arch.sm < proofs[i].arch.sm));
        if (better) {
            chosen = i;
            best = {one.verdict, one.reason, places[i], digests[i], kernel.variants[places[i]].arch};
        } else if (!chosen) {
            best.reason = one.reason;
        }
    }
    if (chosen) return best;
    if (proofs.size() != 1) {
        std::vector<std::string> archs;
        for (const kernel::VariantProof& proof : proofs) archs.push_back(proof.arch.to_string());
        best.reason = archs.empty() ? "the image has no variant of it"
                                    : "no variant of the image runs here: there is " + join_words(archs);
    }
    return judge_absence(kernel, wanted, best.reason);
}

kernel::Verdict verdict_of_arch(const std::string& arch, const Answer& answer) {
    const std::string digits = arch.substr(0, arch.find_first_not_of("0123456789"));
    const auto wanted = capabilities_of(answer);
    const bool exact = std::all_of(wanted.begin(), wanted.end(), [&](const kernel::Capability& capability) {
        return std::to_string(capability.major) + std::to_string(capability.minor) == digits;
    });
    return exact ? Verdict::exact : Verdict::compatible;
}

bool fallback_serves(const pod::Kernel& kernel, const Answer& answer) {
    if (kernel.fallback.directory.empty()) return false;
    const auto& served = kernel.fallback.capabilities;
    const auto wanted = capabilities_of(answer);
    return std::all_of(wanted.begin(), wanted.end(), [&](const kernel::Capability& capability) {
        return std::find(served.begin(), served.end(), capability.to_string()) != served.end();
    });
}

InstallChoice choose_install(const pod::Kernel& kernel, const std::optional<std::string>& value) {
    if (!value || value->empty()) return {kernel.install, ""};
    if (const auto mode = pod::parse_word<pod::InstallMode>(to_lower(trim(*value)))) return {*mode, ""};
    return {kernel.install, kernel.env_var + "='" + value->substr(0, 60) +
                                "' is not background, true, prebuilt or off; '" + pod::to_string(kernel.install) +
                                "' is used"};
}

}  // namespace tmplbuild::gpu
