// SPDX-License-Identifier: Apache-2.0
#include "kernel/gpu.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <set>

#include "base/text.hpp"

namespace tmplbuild::kernel {

namespace {

constexpr auto nvidia = Vendor::nvidia;
constexpr auto amd = Vendor::amd;

constexpr std::array gpus = {
#define GPU(...) Gpu{__VA_ARGS__},
#include "kernel/gpu_table.inc"
#undef GPU
};

// The name without the parts that people add or leave out and that do not tell products apart.
std::string squeezed(std::string_view name) {
    std::string text = to_lower(name);
    for (const std::string_view word : {"nvidia", "geforce", "amd", "tesla", "generation"})
        for (std::size_t at = text.find(word); at != std::string::npos; at = text.find(word))
            text.erase(at, word.size());
    std::erase_if(text, [](char c) { return c == ' ' || c == '-' || c == '_'; });
    return text;
}

bool is_called(const Gpu& gpu, const std::string& wanted) {
    if (squeezed(gpu.name) == wanted || squeezed(gpu.product_id) == wanted || squeezed(gpu.generic) == wanted)
        return true;
    const auto aliases = gpu.aliases();
    return std::any_of(aliases.begin(), aliases.end(),
                       [&](const std::string& alias) { return squeezed(alias) == wanted; });
}

// "sm_89" → "8.9"; empty when the text is not an arch.
std::string capability_of_arch(std::string_view text) {
    if (!text.starts_with("sm_")) return {};
    text.remove_prefix(3);
    while (!text.empty() && (text.back() == 'a' || text.back() == 'f')) text.remove_suffix(1);
    if (text.size() < 2 || text.size() > 3 || text.find_first_not_of("0123456789") != std::string_view::npos) return {};
    return std::string(text.substr(0, text.size() - 1)) + "." + text.back();
}

}  // namespace

Result<Capability> Capability::parse(std::string_view text) {
    const Error wrong = usage_error("'" + std::string(text) + "' is not a compute capability", "write it like 8.9");
    const std::size_t dot = text.find('.');
    Capability capability;
    if (dot == std::string_view::npos || dot == 0 || dot > 2 || dot + 2 != text.size()) return wrong;
    for (const auto& [part, into] :
         {std::pair{text.substr(0, dot), &capability.major}, {text.substr(dot + 1), &capability.minor}}) {
        if (part.find_first_not_of("0123456789") != std::string_view::npos) return wrong;
        std::from_chars(part.data(), part.data() + part.size(), *into);
    }
    return capability.major == 0 ? Result<Capability>(wrong) : capability;
}

std::string Capability::to_string() const { return std::to_string(major) + "." + std::to_string(minor); }

std::optional<Capability> Gpu::capability() const {
    return major == 0 ? std::nullopt : std::optional(Capability{major, minor});
}

std::vector<std::string> Gpu::aliases() const {
    return alias_list.empty() ? std::vector<std::string>{} : split(alias_list, '|');
}

std::span<const Gpu> all_gpus() { return gpus; }

std::vector<std::string> gpu_names() {
    std::vector<std::string> names;
    for (const Gpu& gpu : gpus) names.emplace_back(gpu.name);
    for (const Gpu& gpu : gpus)
        if (!gpu.generic.empty() && std::find(names.begin(), names.end(), gpu.generic) == names.end())
            names.emplace_back(gpu.generic);
    return names;
}

const Gpu* find_gpu(std::string_view name) {
    const std::string wanted = squeezed(name);
    if (wanted.empty()) return nullptr;
    const auto* found = std::find_if(gpus.begin(), gpus.end(), [&](const Gpu& gpu) { return is_called(gpu, wanted); });
    return found == gpus.end() ? nullptr : found;
}

Result<GpuTarget> parse_target(std::string_view text) {
    if (text.find('.') != std::string_view::npos) {
        auto capability = Capability::parse(text);
        if (!capability) return capability.error();
        return GpuTarget{capability->to_string(), *capability, nullptr};
    }
    const Gpu* gpu = find_gpu(text);
    if (const std::string capability = capability_of_arch(text); !capability.empty())
        return usage_error("'" + std::string(text) + "' is what a compiler is told, not a GPU",
                           "write the capability: \"" + capability + "\"");
    if (gpu == nullptr) {
        const std::string guess = did_you_mean(text, gpu_names());
        return usage_error(
            "'" + std::string(text) + "' is no GPU that is known here",
            guess.empty() ? "`tmplbuild gpus` lists them; a bare capability like \"8.9\" works too" : guess);
    }
    const bool generic = !gpu->generic.empty() && squeezed(text) == squeezed(gpu->generic);
    return GpuTarget{std::string(generic ? gpu->generic : gpu->name), gpu->capability(), gpu};
}

std::vector<GpuTarget> default_targets() {
    std::set<Capability> seen;
    for (const Gpu& gpu : gpus)
        if (gpu.on_runpod && gpu.capability()) seen.insert(*gpu.capability());
    std::vector<GpuTarget> targets;
    for (const Capability& capability : seen) targets.push_back({capability.to_string(), capability, nullptr});
    return targets;
}

std::string products_of(const Capability& capability, std::size_t limit) {
    std::vector<std::string> names;
    for (const Gpu& gpu : gpus)
        if (gpu.on_runpod && gpu.capability() == capability && names.size() < limit) names.emplace_back(gpu.name);
    return join(names, ", ");
}

}  // namespace tmplbuild::kernel
