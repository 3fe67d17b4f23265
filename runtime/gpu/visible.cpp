// SPDX-License-Identifier: Apache-2.0
#include "gpu/visible.hpp"

#include <algorithm>
#include <charconv>
#include <set>

#include "base/text.hpp"

namespace tmplbuild::gpu {

namespace {

bool one_kind(const std::vector<SeenGpu>& gpus) {
    return std::all_of(gpus.begin(), gpus.end(), [&](const SeenGpu& gpu) {
        return gpu.capability == gpus.front().capability && gpu.name == gpus.front().name;
    });
}

std::optional<std::size_t> index_of(const std::string& entry) {
    std::size_t value = 0;
    const auto [end, code] = std::from_chars(entry.data(), entry.data() + entry.size(), value);
    if (entry.empty() || code != std::errc() || end != entry.data() + entry.size()) return std::nullopt;
    return value;
}

// The GPU that a UUID, or the start of one, names. None where no device has it, or more than one.
std::optional<std::size_t> named_by(const std::string& entry, const std::vector<SeenGpu>& gpus) {
    std::optional<std::size_t> found;
    int hits = 0;
    const bool part = entry.starts_with("MIG-");
    for (std::size_t i = 0; i < gpus.size(); ++i) {
        const auto hit = [&](const std::string& uuid) { return uuid.starts_with(entry); };
        const auto count = part ? std::count_if(gpus[i].parts.begin(), gpus[i].parts.end(), hit)
                                : static_cast<std::ptrdiff_t>(!gpus[i].uuid.empty() && hit(gpus[i].uuid));
        if (count > 0) found = i;
        hits += static_cast<int>(count);
    }
    return hits == 1 ? found : std::nullopt;
}

}  // namespace

VisibleGpus visible_gpus(const std::vector<SeenGpu>& all, const std::optional<std::string>& variable, bool pci_order) {
    std::vector<SeenGpu> usable;
    for (const SeenGpu& gpu : all)
        if (!gpu.mig || !gpu.parts.empty()) usable.push_back(gpu);
    if (!variable) return {usable, false};
    VisibleGpus out;
    std::set<std::size_t> taken;
    for (const std::string& text : split(*variable, ',')) {
        const std::string entry(trim(text));
        std::optional<std::size_t> which;
        if (entry.starts_with("GPU-") || entry.starts_with("MIG-")) {
            which = named_by(entry, usable);
        } else if ((which = index_of(entry))) {
            if (*which >= usable.size()) break;
            if (!pci_order && usable.size() > 1 && !one_kind(usable)) return {usable, true};
        }
        if (!which) break;
        // A second part of the same GPU adds nothing; the same GPU twice is an invalid entry for CUDA.
        if (taken.insert(*which).second)
            out.gpus.push_back(usable[*which]);
        else if (!entry.starts_with("MIG-"))
            break;
    }
    return out;
}

}  // namespace tmplbuild::gpu
