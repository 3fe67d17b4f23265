// SPDX-License-Identifier: Apache-2.0
#include "kernel/link_proof.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"

namespace tmplbuild::kernel {

namespace {

// What the container runtime brings from the host: never in an image, always there when a GPU is.
constexpr std::array<std::string_view, 2> driver_libraries = {"libcuda.so.1", "libnvidia-ml.so.1"};

bool is_driver_library(std::string_view name) {
    return std::find(driver_libraries.begin(), driver_libraries.end(), name) != driver_libraries.end();
}

bool starts_with_then_capital(std::string_view name, std::string_view prefix) {
    return name.starts_with(prefix) && name.size() > prefix.size() && name[prefix.size()] >= 'A' &&
           name[prefix.size()] <= 'Z';
}

// cuInit, nvmlInit_v2; not cudaMalloc, cublasCreate, cufftPlan1d.
bool is_driver_symbol(std::string_view name) {
    return starts_with_then_capital(name, "cu") || starts_with_then_capital(name, "nvml");
}

bool is_torch_symbol(std::string_view name) {
    for (const std::string_view part : {"3c10", "2at", "5torch", "5caffe2"})
        if (name.starts_with("_Z") && name.find(part) != std::string_view::npos) return true;
    return name.starts_with("aoti_torch_");
}

// The mangled name with std::string of the other C++ ABI of libstdc++ ("Dual ABI" in its manual); empty when none is
// in the name.
std::string in_other_string_abi(std::string name) {
    constexpr std::string_view modern = "NSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEE", old = "Ss";
    const bool is_modern = name.find(modern) != std::string::npos;
    const std::string_view from = is_modern ? modern : old, to = is_modern ? old : modern;
    bool changed = false;
    for (std::size_t at = name.find(from); at != std::string::npos; at = name.find(from, at + to.size())) {
        name.replace(at, from.size(), to);
        changed = true;
    }
    return changed ? name : std::string();
}

std::string why_missing(const Symbol& wanted, const ProviderIndex& providers) {
    if (!wanted.library.empty() && !providers.has_library(wanted.library))
        return wanted.library + " is not in the image";
    const auto versions = providers.versions_of(wanted.name);
    if (!versions.empty())
        return (wanted.library.empty() ? "the image" : wanted.library) + " has it in version " + join(versions, ", ") +
               " only: the library in the image is not the one that the module was linked with";
    if (is_driver_symbol(wanted.name))
        return "it belongs to NVIDIA's driver, but nothing that is loaded names the driver's library: link with -lcuda "
               "or -lnvidia-ml";
    if (wanted.name.starts_with("Py") || wanted.name.starts_with("_Py"))
        return "it belongs to Python: the module was compiled for another version of Python";
    const std::string other = in_other_string_abi(wanted.name);
    if (!other.empty() && !providers.versions_of(other).empty())
        return std::string("it is exported for the other C++ string ABI: compile with -D_GLIBCXX_USE_CXX11_ABI=") +
               (wanted.name.find("__cxx11") != std::string::npos ? "0" : "1");
    if (is_torch_symbol(wanted.name)) return "it belongs to torch: the module was compiled against another torch";
    if (!wanted.library.empty()) return wanted.library + " in the image does not export it";
    return "no library that is loaded exports it";
}

}  // namespace

void ProviderIndex::add(std::string_view name, const std::vector<Symbol>& exported,
                        const std::vector<std::string>& needed) {
    bool& has_versions = libraries_[std::string(name)];
    for (const Symbol& symbol : exported) {
        has_versions = has_versions || !symbol.version.empty();
        auto& versions = versions_[symbol.name];
        if (std::find(versions.begin(), versions.end(), symbol.version) == versions.end())
            versions.push_back(symbol.version);
    }
    driver_needed_ = driver_needed_ || std::any_of(needed.begin(), needed.end(), is_driver_library);
}

bool ProviderIndex::provides(const Symbol& wanted) const {
    const auto found = versions_.find(wanted.name);
    if (found == versions_.end()) return false;
    if (wanted.version.empty()) return true;
    const auto has = [&](std::string_view version) {
        return std::find(found->second.begin(), found->second.end(), version) != found->second.end();
    };
    if (has(wanted.version)) return true;
    // A symbol without a version serves every version, but a library that defines versions and lacks this one is
    // refused before any symbol is looked up (ld.so: "version … not found").
    const auto library = libraries_.find(wanted.library);
    return has("") && (library == libraries_.end() || !library->second);
}

bool ProviderIndex::has_library(std::string_view soname) const { return libraries_.contains(std::string(soname)); }

std::vector<std::string> ProviderIndex::versions_of(std::string_view name) const {
    const auto found = versions_.find(std::string(name));
    return found == versions_.end() ? std::vector<std::string>() : found->second;
}

std::string MissingSymbol::to_string() const {
    return name + (version.empty() ? "" : "@" + version) + (library.empty() ? "" : " (" + library + ")");
}

std::vector<MissingSymbol> resolve_symbols(const ElfInfo& module, const ProviderIndex& providers) {
    const bool driver_loaded =
        providers.driver_library_needed() || std::any_of(module.needed.begin(), module.needed.end(), is_driver_library);
    std::vector<MissingSymbol> missing;
    for (const Symbol& wanted : module.undefined) {
        if (wanted.weak || providers.provides(wanted)) continue;
        if (driver_loaded && is_driver_symbol(wanted.name)) continue;
        missing.push_back({wanted.name, wanted.version, wanted.library, why_missing(wanted, providers)});
    }
    return missing;
}

std::vector<std::string> missing_libraries(const ElfInfo& module, const ProviderIndex& providers) {
    std::vector<std::string> missing;
    for (const std::string& name : module.needed)
        if (!providers.has_library(name) && !is_driver_library(name)) missing.push_back(name);
    return missing;
}

}  // namespace tmplbuild::kernel
