// SPDX-License-Identifier: Apache-2.0
#include "verify/link_check.hpp"

#include <algorithm>
#include <map>
#include <optional>

#include "base/text.hpp"
#include "kernel/link_proof.hpp"

namespace tmplbuild {

namespace {

using Weight = Finding::Weight;

bool is_torch_library(std::string_view soname) {
    return soname.starts_with("libtorch") || soname.starts_with("libc10");
}

bool needs_torch(const std::vector<LinkedModule>& modules) {
    return std::any_of(modules.begin(), modules.end(), [](const LinkedModule& module) {
        const kernel::ElfInfo& elf = module.facts->elf;
        return std::any_of(elf.needed.begin(), elf.needed.end(), is_torch_library) ||
               std::any_of(elf.undefined.begin(), elf.undefined.end(),
                           [](const kernel::Symbol& symbol) { return kernel::is_torch_symbol(symbol.name); });
    });
}

// The newest GLIBC_2.x that the image's libc.so.6 defines.
std::optional<kernel::Version> glibc_of(const RootView& view, const Loader& loader) {
    const auto libc = loader.find_library("libc.so.6");
    std::optional<kernel::Version> newest;
    if (!libc) return newest;
    for (const std::string& name : view.elf(*libc)->versions) {
        const auto version = kernel::Version::parse(name.starts_with("GLIBC_") ? name.substr(6) : "");
        if (version && (!newest || *newest < *version)) newest = *version;
    }
    return newest;
}

class Check {
  public:
    Check(const RootView& view, const PythonView* python, const std::string& torch_built,
          const std::string& library_path)
        : view_(view), python_(python), loader_(view, library_path) {
        story_.torch_built = torch_built;
    }

    LinkResult run(const std::vector<LinkedModule>& modules) {
        if (python_ != nullptr) global_.push_back(loader_.load(python_->interpreter));
        if (needs_torch(modules)) load_torch();
        for (const std::size_t object : std::vector<std::size_t>(global_)) {
            const auto closure = loader_.closure(object);
            global_.insert(global_.end(), closure.begin(), closure.end());
        }
        std::vector<std::optional<std::size_t>> places;
        for (const LinkedModule& module : modules) {
            const auto node = view_.find(module.path);
            places.push_back(node ? std::optional(loader_.load(*node)) : std::nullopt);
        }
        for (const LoadedObject& object : loader_.objects()) add(object, process_);
        story_.process = &process_;
        for (std::size_t i = 0; i < places.size(); ++i)
            if (places[i]) check_module(modules[i], *places[i]);
        return std::move(result_);
    }

  private:
    void find(Weight weight, const std::string& where, std::string message, std::string hint = {}) {
        Finding finding{weight, where, std::move(message), std::move(hint)};
        auto& all = result_.findings;
        if (std::find(all.begin(), all.end(), finding) == all.end()) all.push_back(std::move(finding));
    }

    void add(const LoadedObject& object, kernel::LinkScope& scope) const {
        if (const auto place = view_.elf_place(object.node)) scope.add(*place->layer, place->elf);
    }

    // As `import torch` does it: libtorch_global_deps.so is opened for the whole process (RTLD_GLOBAL), torch._C for
    // itself alone (torch/__init__.py, _load_global_deps).
    void load_torch() {
        const InstalledDistribution* torch = python_ == nullptr ? nullptr : python_->find("torch");
        if (torch == nullptr) {
            const std::string root = python_ == nullptr || python_->root.empty() ? "the image's Python" : python_->root;
            return find(Weight::wrong, "", "the modules need torch, and " + root + " has none",
                        "add torch to the requirements of the `python` layer");
        }
        story_.torch_image = torch->version;
        for (const std::string& site : python_->site_packages) {
            const auto global = view_.find(site + "/torch/lib/libtorch_global_deps.so");
            if (global) global_.push_back(loader_.load(*global));
            for (const std::string& name : view_.names_in(site + "/torch"))
                if (name.starts_with("_C.") && kernel::is_shared_object(name))
                    if (const auto node = view_.find(site + "/torch/" + name)) loader_.load(*node);
        }
    }

    void check_module(const LinkedModule& module, std::size_t place) {
        kernel::LinkScope scope;
        for (const std::size_t object : global_) add(loader_.objects()[object], scope);
        const auto closure = loader_.closure(place);
        for (const std::size_t object : closure) add(loader_.objects()[object], scope);
        for (const std::size_t object : closure) libraries(module, loader_.objects()[object]);
        const kernel::ElfInfo& elf = module.facts->elf;
        result_.symbols += static_cast<std::size_t>(
            std::count_if(elf.undefined.begin(), elf.undefined.end(), [](const auto& s) { return !s.weak; }));
        symbols(module, kernel::resolve_symbols(elf, scope, story_));
        floors(module);
        file_name(module);
    }

    void libraries(const LinkedModule& module, const LoadedObject& object) {
        const bool own = object.node.path == module.path;
        for (const std::string& name : object.not_found)
            find(Weight::wrong, module.file,
                 (own ? std::string("needs ") : "needs " + object.elf->name() + ", which needs ") + name +
                     ", and the dynamic linker would not find it in the image",
                 is_torch_library(name) ? "torch brings it: the module must be imported after torch, in a venv with it"
                                        : "add what brings it to the image");
        if (!own && !object.elf->problem.empty())
            find(Weight::unknown, module.file,
                 "needs /" + object.node.path + ", which cannot be read: " + object.elf->problem);
    }

    // Many symbols are usually missing for one reason, so only the first three are named.
    void symbols(const LinkedModule& module, const std::vector<kernel::MissingSymbol>& missing) {
        std::vector<std::string> order;
        std::map<std::string, std::vector<std::string>> by_reason;
        for (const kernel::MissingSymbol& symbol : missing) {
            if (!by_reason.contains(symbol.reason)) order.push_back(symbol.reason);
            by_reason[symbol.reason].push_back(symbol.to_string());
        }
        constexpr std::size_t shown = 3;
        for (const std::string& reason : order) {
            std::vector<std::string>& names = by_reason[reason];
            const std::size_t more = names.size() > shown ? names.size() - shown : 0;
            names.resize(names.size() - more);
            find(
                Weight::wrong, module.file,
                reason + ": symbol " + join(names, ", ") + (more == 0 ? "" : " and " + std::to_string(more) + " more"));
        }
    }

    void floors(const LinkedModule& module) {
        const auto& floor = module.facts->elf.glibc_floor;
        const auto has = glibc_of(view_, loader_);
        if (floor && has && *has < *floor)
            find(Weight::wrong, module.file,
                 "needs glibc " + floor->to_string() + ", and the image has " + has->to_string(),
                 "compile it in the image's own layers, or take a newer base");
    }

    // "x.cpython-312-x86_64-linux-gnu.so" fits that Python alone; "x.abi3.so" and "x.so" fit any (PEP 3149).
    void file_name(const LinkedModule& module) {
        const std::string name = module.file.substr(module.file.rfind('/') + 1);
        const std::size_t at = name.find(".cpython-");
        if (at == std::string::npos || python_ == nullptr) return;
        const std::string tag = name.substr(at + 1, name.find('-', at + 9) - at - 1);
        if (python_->soabi_tag().empty())
            find(Weight::unknown, module.file, "is for " + tag + ", and the image's Python does not tell its version");
        else if (tag != python_->soabi_tag())
            find(Weight::wrong, module.file,
                 "is for " + tag + ", and the image's Python is " + python_->soabi_tag() +
                     ": it would never be imported",
                 "compile it with the image's own Python");
    }

    const RootView& view_;
    const PythonView* python_;
    Loader loader_;
    kernel::LinkStory story_;
    kernel::LinkScope process_;
    std::vector<std::size_t> global_;  // objects whose symbols every object sees
    LinkResult result_;
};

}  // namespace

LinkResult check_links(const RootView& view, const PythonView* python, const std::vector<LinkedModule>& modules,
                       const std::string& torch_built, const std::string& library_path) {
    return Check(view, python, torch_built, library_path).run(modules);
}

}  // namespace tmplbuild
