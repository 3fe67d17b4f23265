// SPDX-License-Identifier: Apache-2.0
#include "kernel/link_proof.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"

namespace tmplbuild::kernel {

namespace {

bool starts_with_then_capital(std::string_view name, std::string_view prefix) {
    return name.starts_with(prefix) && name.size() > prefix.size() && name[prefix.size()] >= 'A' &&
           name[prefix.size()] <= 'Z';
}

// Matches cuInit and nvmlInit_v2; not cudaMalloc, cublasCreate or cufftPlan1d, and not cuFileRead, which libcufile has.
bool is_driver_symbol(std::string_view name) {
    if (name.starts_with("cuFile")) return false;
    return starts_with_then_capital(name, "cu") || starts_with_then_capital(name, "nvml");
}

// The mangled name that has std::string in the other C++ ABI of libstdc++ ("Dual ABI" in its manual); empty where the
// name has no string.
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

std::string torch_differs(const LinkStory& story) {
    if (!story.torch_built.empty() && !story.torch_image.empty() && story.torch_built != story.torch_image)
        return "built against torch " + story.torch_built + ", image has " + story.torch_image;
    const std::string has = story.torch_image.empty() ? "" : ", which the image's " + story.torch_image + " is not";
    return "it belongs to torch: the module was compiled against another torch" + has;
}

std::string why_missing(const Symbol& wanted, const LinkScope& scope, const LinkStory& story) {
    if (!wanted.library.empty() && !scope.has_library(wanted.library)) return wanted.library + " is not in the image";
    const auto versions = scope.versions_of(wanted.name);
    if (!versions.empty())
        return (wanted.library.empty() ? "the image" : wanted.library) + " has it in version " + join(versions, ", ") +
               " only: the library in the image is not the one that the module was linked with";
    if (is_driver_symbol(wanted.name))
        return "it belongs to NVIDIA's driver, but nothing that is loaded names the driver's library: link with -lcuda "
               "or -lnvidia-ml";
    if (wanted.name.starts_with("Py") || wanted.name.starts_with("_Py"))
        return "it belongs to Python: the module was compiled for another version of Python";
    const LinkScope& all = story.process != nullptr ? *story.process : scope;
    if (const auto exporters = all.exporters_of(wanted.name); !exporters.empty())
        return exporters.front() +
               " exports it, but neither the module nor what it needs names that library: link "
               "with it";
    const std::string other = in_other_string_abi(wanted.name);
    if (!other.empty() && !all.versions_of(other).empty())
        return std::string("it is exported for the other C++ string ABI: compile with -D_GLIBCXX_USE_CXX11_ABI=") +
               (wanted.name.find("__cxx11") != std::string::npos ? "0" : "1");
    if (is_torch_symbol(wanted.name)) return torch_differs(story);
    if (!wanted.library.empty()) return wanted.library + " in the image does not export it";
    return "no library that is loaded exports it";
}

}  // namespace

bool is_driver_library(std::string_view soname) {
    constexpr std::array<std::string_view, 2> names = {"libcuda.so.1", "libnvidia-ml.so.1"};
    return std::find(names.begin(), names.end(), soname) != names.end();
}

bool is_torch_symbol(std::string_view name) {
    for (const std::string_view part : {"3c10", "2at", "5torch", "5caffe2"})
        if (name.starts_with("_Z") && name.find(part) != std::string_view::npos) return true;
    return name.starts_with("aoti_torch_");
}

void LinkScope::add(const LayerIndex& layer, std::size_t elf) {
    members_[&layer].insert(elf);
    const IndexedElf& library = layer.elfs()[elf];
    for (const std::string& name : {library.soname, library.path.substr(library.path.rfind('/') + 1)})
        if (!name.empty()) libraries_[name] = libraries_[name] || !library.versions.empty();
    driver_needed_ = driver_needed_ || std::any_of(library.needed.begin(), library.needed.end(), is_driver_library);
}

bool LinkScope::provides(const Symbol& wanted) const {
    const auto versions = versions_of(wanted.name);
    const auto has = [&](std::string_view version) {
        return std::find(versions.begin(), versions.end(), version) != versions.end();
    };
    if (versions.empty()) return false;
    if (wanted.version.empty() || has(wanted.version)) return true;
    // A library's symbol without a version matches every version, but a library that defines versions and lacks this
    // one is refused before any symbol is looked up (ld.so: "version … not found").
    const auto library = libraries_.find(wanted.library);
    return has("") && (library == libraries_.end() || !library->second);
}

bool LinkScope::has_library(std::string_view soname) const { return libraries_.contains(soname); }

std::vector<std::string> LinkScope::versions_of(std::string_view name) const {
    std::vector<std::string> out;
    for (const auto& [layer, members] : members_)
        for (const LayerIndex::Export& symbol : layer->exports(name))
            if (members.contains(symbol.elf) && std::find(out.begin(), out.end(), symbol.version) == out.end())
                out.push_back(symbol.version);
    return out;
}

std::vector<std::string> LinkScope::exporters_of(std::string_view name) const {
    std::vector<std::string> out;
    for (const auto& [layer, members] : members_)
        for (const LayerIndex::Export& symbol : layer->exports(name))
            if (members.contains(symbol.elf)) out.push_back(layer->elfs()[symbol.elf].name());
    return out;
}

std::string MissingSymbol::to_string() const {
    return name + (version.empty() ? "" : "@" + version) + (library.empty() ? "" : " (" + library + ")");
}

std::vector<MissingSymbol> resolve_symbols(const ElfInfo& module, const LinkScope& scope, const LinkStory& story) {
    const bool driver_loaded =
        scope.driver_library_needed() || std::any_of(module.needed.begin(), module.needed.end(), is_driver_library);
    std::vector<MissingSymbol> missing;
    for (const Symbol& wanted : module.undefined) {
        if (wanted.weak || scope.provides(wanted)) continue;
        if (driver_loaded && is_driver_symbol(wanted.name)) continue;
        missing.push_back({wanted.name, wanted.version, wanted.library, why_missing(wanted, scope, story)});
    }
    return missing;
}

}  // namespace tmplbuild::kernel
