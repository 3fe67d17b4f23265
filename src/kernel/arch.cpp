// SPDX-License-Identifier: Apache-2.0
#include "kernel/arch.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace tmplbuild::kernel {

namespace {

struct Support {
    int sm;
    Version plain;     // first toolkit for sm_XY
    Version specific;  // for sm_XYa; not set: there is none
    Version family;    // for sm_XYf; not set: there is none
};

// CUDA toolkit release notes and nvcc's documentation ("GPU feature list"), 11.0 to 13.0. CUDA 12.9 brought families.
constexpr std::array<Support, 14> supports = {{{70, {9, 0}, {}, {}},
                                               {72, {9, 2}, {}, {}},
                                               {75, {10, 0}, {}, {}},
                                               {80, {11, 0}, {}, {}},
                                               {86, {11, 1}, {}, {}},
                                               {87, {11, 4}, {}, {}},
                                               {88, {13, 0}, {}, {}},
                                               {89, {11, 8}, {}, {}},
                                               {90, {11, 8}, {12, 0}, {}},
                                               {100, {12, 8}, {12, 8}, {12, 9}},
                                               {103, {12, 9}, {12, 9}, {12, 9}},
                                               {110, {13, 0}, {13, 0}, {13, 0}},
                                               {120, {12, 8}, {12, 8}, {12, 9}},
                                               {121, {12, 9}, {12, 9}, {12, 9}}}};

// Systems on a chip. Machine code is compatible among desktop and server GPUs only (a note in "Binary Compatibility"):
// these run their own code alone, and their code runs nowhere else. 10.1 and 11.0 are the same chip, renamed.
bool is_tegra(const Capability& capability) {
    constexpr std::array<Capability, 7> chips = {{{5, 3}, {6, 2}, {7, 2}, {8, 7}, {8, 8}, {10, 1}, {11, 0}}};
    return std::find(chips.begin(), chips.end(), capability) != chips.end();
}

const Support* find_support(int sm) {
    const auto* found = std::find_if(supports.begin(), supports.end(), [&](const Support& s) { return s.sm == sm; });
    return found == supports.end() ? nullptr : found;
}

}  // namespace

Result<Arch> Arch::parse(std::string_view text) {
    const std::string shown(text);
    const std::string hint = "write one arch, like \"8.9\" or \"9.0a\"";
    if (text.find_first_of(" ;,") != std::string_view::npos)
        return usage_error("'" + shown + "' is a list: one variant is built for one arch", hint);
    if (text.ends_with("+PTX"))
        return usage_error("'" + shown + "' asks for PTX: variants hold machine code only", hint);
    const Error wrong = usage_error("'" + shown + "' is not a GPU arch", hint);
    for (const std::string_view prefix : {"sm_", "compute_"})
        if (text.starts_with(prefix)) text.remove_prefix(prefix.size());
    Arch arch;
    if (!text.empty() && (text.back() == 'a' || text.back() == 'f')) {
        arch.suffix = text.back();
        text.remove_suffix(1);
    }
    std::string digits(text);
    const std::size_t dot = digits.find('.');
    if (dot != std::string::npos) {
        if (dot == 0 || dot + 2 != digits.size()) return wrong;
        digits.erase(dot, 1);
    }
    const bool plain =
        digits.size() >= 2 && digits.size() <= 3 && digits.find_first_not_of("0123456789") == std::string::npos;
    if (!plain || digits[0] == '0') return wrong;
    std::from_chars(digits.data(), digits.data() + digits.size(), arch.sm);
    return arch;
}

std::string Arch::number() const { return std::to_string(sm) + (suffix == 0 ? "" : std::string(1, suffix)); }
std::string Arch::to_string() const { return "sm_" + number(); }
std::string Arch::to_torch_list() const {
    return capability().to_string() + (suffix == 0 ? "" : std::string(1, suffix));
}
std::vector<std::string> Arch::gencode_flags() const {
    return {"-gencode", "arch=compute_" + number() + ",code=sm_" + number()};
}

bool cubin_runs_on(const Arch& arch, const Capability& capability) {
    const Capability own = arch.capability();
    if (own == capability) return true;
    if (arch.suffix == 'a' || is_tegra(own) || is_tegra(capability)) return false;
    return own.major == capability.major && own.minor <= capability.minor;
}

std::optional<Version> first_toolkit(const Arch& arch) {
    const Support* support = find_support(arch.sm);
    if (support == nullptr) return std::nullopt;
    const Version& first = arch.suffix == 'a'   ? support->specific
                           : arch.suffix == 'f' ? support->family
                                                : support->plain;
    return first.is_set() ? std::optional(first) : std::nullopt;
}

std::optional<Version> dropped_in_toolkit(const Arch& arch) {
    // CUDA 13.0 release notes: it no longer compiles for Maxwell, Pascal and Volta.
    return arch.sm < 75 ? std::optional(Version{13, 0, 0}) : std::nullopt;
}

std::optional<std::string> toolkit_refusal(const Arch& arch, const Version& toolkit) {
    const auto first = first_toolkit(arch);
    if (!first) return arch.to_string() + " is not an arch that this release knows a toolkit for";
    if (toolkit < *first)
        return arch.to_string() + " needs CUDA " + first->to_string() + " or newer, not " + toolkit.to_string();
    const auto dropped = dropped_in_toolkit(arch);
    if (dropped && toolkit >= *dropped)
        return arch.to_string() + " is no longer built by CUDA " + dropped->to_string() + " and newer";
    return std::nullopt;
}

}  // namespace tmplbuild::kernel
