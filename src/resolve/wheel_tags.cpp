// SPDX-License-Identifier: Apache-2.0
#include "resolve/wheel_tags.hpp"

#include <charconv>
#include <utility>

#include "base/text.hpp"

namespace tmplbuild {

static std::optional<int> number(std::string_view text) {
    int value = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || read.ec != std::errc() || read.ptr != text.data() + text.size()) return {};
    return value;
}

std::optional<WheelName> parse_wheel_name(const std::string& file) {
    if (!file.ends_with(".whl")) return {};
    const std::vector<std::string> parts = split(file.substr(0, file.size() - 4), '-');
    if (parts.size() != 5 && parts.size() != 6) return {};
    for (const std::string& part : parts)
        if (part.empty()) return {};
    const std::size_t tags = parts.size() - 3;
    return WheelName{parts[0],
                     parts[1],
                     parts.size() == 6 ? parts[2] : "",
                     split(parts[tags], '.'),
                     split(parts[tags + 1], '.'),
                     split(parts[tags + 2], '.')};
}

// PEP 600 and its older names (PEP 513, 571, 599), newest first; x86-64 had manylinux wheels from glibc 2.5 on.
static std::vector<std::string> platforms(int glibc_minor) {
    std::vector<std::string> out;
    for (int minor = glibc_minor; minor >= 5; --minor) {
        out.push_back("manylinux_2_" + std::to_string(minor) + "_x86_64");
        if (minor == 17) out.emplace_back("manylinux2014_x86_64");
        if (minor == 12) out.emplace_back("manylinux2010_x86_64");
        if (minor == 5) out.emplace_back("manylinux1_x86_64");
    }
    out.emplace_back("linux_x86_64");
    return out;
}

void WheelTags::add(const std::string& python, const std::string& abi, const std::vector<std::string>& on) {
    for (const std::string& platform : on) ranks_.emplace(join({python, abi, platform}, "-"), ranks_.size());
}

Result<WheelTags> WheelTags::of(const BaseContract& contract) {
    if (!contract.python) return build_error("the base has no Python", "add python3-venv to the base's packages");
    if (contract.architecture != "amd64")
        return build_error("wheels are chosen for amd64 only, the base is " + contract.architecture);
    const std::vector<std::string> glibc = split(contract.glibc, '.');
    const auto glibc_minor = glibc.size() == 2 && glibc[0] == "2" ? number(glibc[1]) : std::nullopt;
    if (!glibc_minor)
        return build_error(contract.glibc.empty() ? "the base has no glibc, which Python layers need"
                                                  : "the base's glibc version '" + contract.glibc + "' is not known");
    const std::vector<std::string> version = split(contract.python->version, '.');
    const auto major = number(version[0]);
    const auto minor = version.size() < 2 ? std::nullopt : number(version[1]);
    // "cpython-311-x86_64-linux-gnu": implementation and ABI (PEP 3149).
    const std::vector<std::string> soabi = split(contract.python->soabi, '-');
    if (major != 3 || !minor || soabi.size() < 2 || soabi[0] != "cpython")
        return build_error("the base's Python " + contract.python->version + " (" + contract.python->soabi +
                               ") is not one that wheels can be chosen for",
                           "use a base with CPython 3");
    const std::string cp = "cp3" + std::to_string(*minor), abi = "cp" + soabi[1];
    const bool has_stable_abi = !abi.ends_with('t');  // free-threaded builds (PEP 703) have none
    const std::vector<std::string> here = platforms(*glibc_minor), any = {"any"};
    std::vector<std::string> pythons = {"py3" + std::to_string(*minor), "py3"};
    for (int older = *minor - 1; older >= 0; --older) pythons.push_back("py3" + std::to_string(older));

    WheelTags tags;
    tags.add(cp, abi, here);
    if (has_stable_abi) tags.add(cp, "abi3", here);
    tags.add(cp, "none", here);
    for (int older = *minor - 1; has_stable_abi && older >= 2; --older)
        tags.add("cp3" + std::to_string(older), "abi3", here);
    for (const std::string& python : pythons) tags.add(python, "none", here);
    tags.add(cp, "none", any);
    for (const std::string& python : pythons) tags.add(python, "none", any);
    return tags;
}

std::optional<std::size_t> WheelTags::rank(const WheelName& wheel) const {
    std::optional<std::size_t> best;
    for (const std::string& python : wheel.pythons)
        for (const std::string& abi : wheel.abis)
            for (const std::string& platform : wheel.platforms) {
                const auto at = ranks_.find(join({python, abi, platform}, "-"));
                if (at != ranks_.end() && (!best || at->second < *best)) best = at->second;
            }
    return best;
}

// The order of build tags: by the digits at the beginning, then as text; no build tag comes first ("A tie-breaker").
static std::pair<int, std::string> build_order(const std::string& build) {
    const std::size_t digits = std::min(build.find_first_not_of("0123456789"), build.size());
    return {number(std::string_view(build).substr(0, digits)).value_or(-1), build.substr(digits)};
}

std::optional<std::size_t> WheelTags::best(const std::vector<std::string>& files) const {
    std::optional<std::size_t> found;
    std::size_t found_rank = 0;
    std::pair<int, std::string> found_build;
    for (std::size_t n = 0; n < files.size(); ++n) {
        const auto name = parse_wheel_name(files[n]);
        const auto place = name ? rank(*name) : std::nullopt;
        if (!place) continue;
        const auto build = build_order(name->build);
        if (found && (*place > found_rank || (*place == found_rank && build <= found_build))) continue;
        found = n;
        found_rank = *place;
        found_build = build;
    }
    return found;
}

}  // namespace tmplbuild
