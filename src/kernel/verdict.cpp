// SPDX-License-Identifier: Apache-2.0
#include "kernel/verdict.hpp"

#include <cxxabi.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <map>
#include <memory>

#include "base/text.hpp"

namespace tmplbuild::kernel {

namespace {

constexpr std::array<const char*, 6> names = {"exact", "compatible", "jit", "unknown", "missing", "unsupported"};

// The distinct kinds of code, for people: "sm_80, sm_89 and compute_90".
std::string inventory(const DeviceCode& code) {
    std::vector<std::string> all;
    const auto add = [&](const std::string& name) {
        if (std::find(all.begin(), all.end(), name) == all.end()) all.push_back(name);
    };
    for (const Cubin& cubin : code.cubins)
        if (cubin.runnable()) add(cubin.to_string());
    for (const Ptx& ptx : code.ptx)
        if (ptx.kernels > 0) add(ptx.to_string() + " PTX");
    constexpr std::size_t shown = 10;
    if (all.size() > shown + 1) {
        const std::size_t rest = all.size() - shown;
        all.resize(shown);
        all.push_back(std::to_string(rest) + " more");
    }
    if (all.size() < 2) return join(all, "");
    const std::string last = all.back();
    all.pop_back();
    return join(all, ", ") + " and " + last;
}

// Symbols as people write them: "hop(float*), add(float*) and 3 more".
std::string shown(const std::vector<std::string>& symbols) {
    constexpr std::size_t most = 2;
    std::vector<std::string> some;
    for (std::size_t i = 0; i < std::min(most, symbols.size()); ++i) some.push_back(kernel_name(symbols[i]));
    if (symbols.size() > most) return join(some, ", ") + " and " + std::to_string(symbols.size() - most) + " more";
    return join(some, " and ");
}

// The best machine code for the capability; of several, the latest arch.
const Cubin* best_cubin(const DeviceCode& code, const Capability& capability) {
    const Cubin* best = nullptr;
    for (const Cubin& cubin : code.cubins) {
        const Arch arch{cubin.sm, cubin.suffix};
        // Code for the GPU's own capability runs with any suffix, so the suffix need not be known there.
        const bool runs = cubin.suffix_known ? cubin_runs_on(arch, capability) : arch.capability() == capability;
        if (cubin.runnable() && runs && (best == nullptr || best->sm < cubin.sm)) best = &cubin;
    }
    return best;
}

Judgement judge_cubin(const Cubin& cubin, const Capability& capability) {
    if (cubin.sm == capability.sm())
        return {Verdict::exact, cubin.to_string() + " code is made for " + capability.to_string()};
    return {Verdict::compatible, cubin.to_string() + " code runs on " + capability.to_string() +
                                     (cubin.suffix == 'f' ? " too (same family, later minor number)"
                                                          : " too (same major number, later minor number)")};
}

Judgement judge_ptx(const Ptx& ptx, const Capability& capability, const Host& host) {
    const std::string only = "only " + ptx.to_string() + " PTX serves " + capability.to_string();
    if (ptx.relocatable)
        return {Verdict::unknown, only + ", and it has to be linked with PTX of every other part when it is loaded"};
    const auto needed = cuda_of_ptx_isa(ptx.isa);
    if (!needed) return {Verdict::unknown, only + ", of version " + ptx.isa.to_string() + ", which is not known here"};
    if (host.driver_cuda && *host.driver_cuda < *needed)
        return {Verdict::unsupported, only + ", which needs a driver of CUDA " + needed->to_string() +
                                          " or newer; this one's is " + host.driver_cuda->to_string()};
    return {Verdict::jit,
            only + ": the driver (CUDA " + needed->to_string() + " or newer) compiles it at the first load"};
}

// The best that PTX can do; none when no PTX is for this capability.
std::optional<Judgement> judge_all_ptx(const DeviceCode& code, const Capability& capability, const Host& host) {
    std::optional<Judgement> best;
    for (const Ptx& ptx : code.ptx) {
        if (ptx.kernels == 0 || !ptx_runs_on({ptx.sm, ptx.suffix}, capability)) continue;
        const Judgement judgement = judge_ptx(ptx, capability, host);
        if (!best || judgement.verdict < best->verdict) best = judgement;
    }
    return best;
}

// The reason where machine code might run if its suffix were known; otherwise none.
std::optional<std::string> doubtful_suffix(const DeviceCode& code, const Capability& capability) {
    for (const Cubin& cubin : code.cubins)
        if (cubin.runnable() && !cubin.suffix_known && cubin_runs_on({cubin.sm, 0}, capability))
            return cubin.to_string() + " code runs on " + capability.to_string() +
                   " only if it is not specific to its own arch, and its headers disagree about that";
    return std::nullopt;
}

std::string why_missing(const DeviceCode& code, const Capability& capability) {
    const std::string here = inventory(code);
    if (!here.empty()) {
        for (const Cubin& cubin : code.cubins)
            if (cubin.runnable() && cubin.suffix == 'a' && cubin_runs_on({cubin.sm, 0}, capability))
                return "no code for " + capability.to_string() + ": " + cubin.to_string() + " code runs on " +
                       Arch{cubin.sm, 0}.capability().to_string() + " alone";
        return "no code for " + capability.to_string() + ": there is " + here;
    }
    if (code.cubins.empty() && code.ptx.empty()) return "there is no device code in it";
    const bool object =
        std::any_of(code.cubins.begin(), code.cubins.end(), [](const Cubin& c) { return c.relocatable; });
    return object ? "its device code is not linked: the device link (nvcc -dlink) is missing"
                  : "its device code holds no kernels";
}

// The best that the code of one unit can do.
Judgement judge_one(const DeviceCode& code, const Capability& capability, const Host& host) {
    if (const Cubin* cubin = best_cubin(code, capability)) {
        if (cubin->lacks.empty()) return judge_cubin(*cubin, capability);
        return {Verdict::missing, cubin->to_string() + " code is what " + capability.to_string() +
                                      " loads, and it lacks " + shown(cubin->lacks) +
                                      ", which code of the same unit for another arch has"};
    }
    const auto ptx = judge_all_ptx(code, capability, host);
    if (ptx && ptx->verdict <= Verdict::unknown) return *ptx;
    if (const auto doubt = doubtful_suffix(code, capability)) return {Verdict::unknown, *doubt};
    if (!code.unknown.empty())
        return {Verdict::unknown,
                "no code for " + capability.to_string() +
                    " was found, but part of the device code cannot be read: " + code.unknown.front()};
    if (ptx) return *ptx;
    return {Verdict::missing, why_missing(code, capability)};
}

// The code of each unit that has kernels which could be launched. Code that waits for a device link is no unit of its
// own.
std::map<std::size_t, DeviceCode> units_with_kernels(const DeviceCode& code) {
    const auto judged = [&](std::size_t unit) { return unit >= code.units.size() || !code.units[unit].may_be_absent; };
    std::map<std::size_t, DeviceCode> out;
    for (const Cubin& cubin : code.cubins)
        if (cubin.runnable() && judged(cubin.unit)) out[cubin.unit].cubins.push_back(cubin);
    for (const Ptx& ptx : code.ptx)
        if (ptx.kernels > 0 && !ptx.relocatable && judged(ptx.unit)) out[ptx.unit].ptx.push_back(ptx);
    // An entry that could not be read may hold code for any GPU; where its unit is not known, it counts for all units.
    for (std::size_t unit = 0; unit < code.units.size(); ++unit)
        if (code.units[unit].unread && judged(unit)) out[unit].unknown = code.unknown;
    const bool placed = std::any_of(code.units.begin(), code.units.end(), [](const Unit& unit) { return unit.unread; });
    if (!placed)
        for (auto& [number, unit] : out) unit.unknown = code.unknown;
    return out;
}

// The name of a unit for people: some of its kernels.
std::string name_of(const DeviceCode& code, std::size_t unit) {
    const bool known = unit < code.units.size() && !code.units[unit].kernels.empty();
    if (!known) return "unit " + std::to_string(unit + 1) + " of its device code: ";
    return "the unit with the kernel " + shown(code.units[unit].kernels) + ": ";
}

struct DriverFloor {
    int major;
    Version driver;       // programs of this CUDA major
    Version zstd_driver;  // ... whose device code is compressed with zstd
    Version zstd_cuda;    // the CUDA of that driver
};
// CUDA Compatibility, "Minor Version Compatibility", with the exact Linux versions of the toolkit's release notes. The
// zstd row of CUDA 12: docs.rapids.ai, rapids_cuda_enable_fatbin_compression; 12.4 brought the option.
constexpr std::array<DriverFloor, 3> floors = {{{11, {450, 80, 2}, {450, 80, 2}, {11, 0}},
                                                {12, {525, 60, 13}, {550, 54, 14}, {12, 4}},
                                                {13, {580}, {580}, {13, 0}}}};

const DriverFloor* find_floor(const Version& toolkit) {
    const auto* found =
        std::find_if(floors.begin(), floors.end(), [&](const auto& f) { return f.major == toolkit.major; });
    return found == floors.end() ? nullptr : found;
}

// Drivers are written with two digits a part: 580.65.06.
std::string driver_text(const Version& driver) {
    const auto two = [](int n) { return (n < 10 ? "0" : "") + std::to_string(n); };
    std::string text = std::to_string(driver.major);
    if (driver.minor != 0 || driver.patch != 0) text += "." + two(driver.minor);
    if (driver.patch != 0) text += "." + two(driver.patch);
    return text;
}

}  // namespace

const char* to_string(Verdict verdict) { return names.at(static_cast<std::size_t>(verdict)); }

Result<Verdict> parse_verdict(std::string_view text) {
    for (std::size_t i = 0; i < names.size(); ++i)
        if (text == names.at(i)) return static_cast<Verdict>(i);
    return usage_error("'" + std::string(text) + "' is not a verdict",
                       "exact, compatible, jit, unknown, missing or unsupported");
}

std::string kernel_name(const std::string& symbol) {
    int status = 0;
    const std::unique_ptr<char, void (*)(void*)> text(abi::__cxa_demangle(symbol.c_str(), nullptr, nullptr, &status),
                                                      std::free);
    return text && status == 0 ? std::string(text.get()) : symbol;
}

bool runs(Verdict verdict) { return verdict <= Verdict::jit; }

bool ptx_runs_on(const Arch& arch, const Capability& capability) {
    // A family GPU is one that runs machine code of the family's first member.
    return arch.suffix == 0 ? arch.capability() <= capability : cubin_runs_on(arch, capability);
}

Judgement judge(const DeviceCode& code, const Capability& capability, const Host& host) {
    const std::map<std::size_t, DeviceCode> units = units_with_kernels(code);
    if (units.empty()) return judge_one(code, capability, host);
    std::optional<Judgement> worst;
    for (const auto& [number, unit] : units) {
        Judgement judgement = judge_one(unit, capability, host);
        if (units.size() > 1 && !runs(judgement.verdict)) judgement.reason = name_of(code, number) + judgement.reason;
        if (!worst || worst->verdict < judgement.verdict) worst = std::move(judgement);
    }
    return *worst;
}

Judgement judge(const DeviceCode& code, const GpuTarget& target, const Host& host) {
    if (!target.capability) return {Verdict::unsupported, target.label + " is not a CUDA GPU"};
    return judge(code, *target.capability, host);
}

Judgement combine(const std::vector<std::pair<std::string, Judgement>>& modules) {
    if (modules.empty()) return {Verdict::missing, "no module of it is for this GPU"};
    const auto worst = std::max_element(modules.begin(), modules.end(), [](const auto& a, const auto& b) {
        return a.second.verdict < b.second.verdict;
    });
    return {worst->second.verdict, worst->first + ": " + worst->second.reason};
}

std::optional<Version> minimum_driver(const Version& toolkit, bool zstd) {
    const DriverFloor* floor = find_floor(toolkit);
    if (floor == nullptr) return std::nullopt;
    return zstd ? floor->zstd_driver : floor->driver;
}

std::optional<std::string> driver_refusal(const Version& toolkit, bool zstd, const Host& host) {
    const DriverFloor* floor = find_floor(toolkit);
    if (floor == nullptr) return std::nullopt;
    const Version cuda = zstd ? floor->zstd_cuda : Version{floor->major, 0, 0};
    const Version driver = zstd ? floor->zstd_driver : floor->driver;
    const bool old = host.driver_cuda ? *host.driver_cuda < cuda : host.driver && *host.driver < driver;
    if (!old) return std::nullopt;
    const std::string what = "programs of CUDA " + toolkit.to_string() +
                             (zstd && floor->zstd_driver != floor->driver ? " with compressed device code" : "") +
                             " need NVIDIA driver " + driver_text(driver) + " or newer; this machine has ";
    if (host.driver) return what + driver_text(*host.driver);
    return what + "one of CUDA " + host.driver_cuda->to_string();
}

std::optional<Version> cuda_of_ptx_isa(const Version& isa) {
    struct Run {
        int major, first_minor, last_minor;  // of the PTX ISA
        Version cuda;                        // of the first one; each later minor came with the next minor of CUDA
    };
    // PTX ISA, "Release Notes"; 9.2 and 9.5 measured in the output of CUDA 13.2 and 13.5. No toolkit 12.6 brought one.
    constexpr std::array<Run, 6> released = {{{6, 0, 2, {9, 0}},
                                              {6, 3, 5, {10, 0}},
                                              {7, 0, 8, {11, 0}},
                                              {8, 0, 5, {12, 0}},
                                              {8, 6, 8, {12, 7}},
                                              {9, 0, 5, {13, 0}}}};
    for (const Run& run : released)
        if (isa.major == run.major && isa.minor >= run.first_minor && isa.minor <= run.last_minor && isa.patch == 0)
            return Version{run.cuda.major, run.cuda.minor + isa.minor - run.first_minor, 0};
    return std::nullopt;
}

}  // namespace tmplbuild::kernel
