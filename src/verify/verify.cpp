// SPDX-License-Identifier: Apache-2.0
#include "verify/verify.hpp"

#include <algorithm>
#include <set>

#include "base/text.hpp"
#include "verify/claims.hpp"
#include "verify/distribution_check.hpp"
#include "verify/image_content.hpp"
#include "verify/link_check.hpp"
#include "verify/runtime_needs.hpp"

namespace tmplbuild {

namespace {

using Weight = Finding::Weight;
constexpr const char* kernels_root = "opt/tmplbuild/kernels";

// The name of a variant's folder is the beginning of its key; sources and self-tests lie beside such folders.
bool is_variant_name(const std::string& name) {
    return name.size() == 32 && name.find_first_not_of("0123456789abcdef") == std::string::npos;
}

class Verify {
  public:
    Verify(const oci::ImageSource& image, const ImageContent& content)
        : image_(image), content_(content), view_(content.indexes), pythons_(pythons_of(view_)) {
        out_.image = image.digest();
        out_.layers = image.layers().size();
        out_.layers_read = content.layers_read;
    }

    Verification run() {
        Claims claims = read_claims(content_.pod_json, image_.annotation(kernels_annotation), image_.has_annotations());
        out_.findings = std::move(claims.findings);
        for (const ClaimedVariant& claimed : claims.variants) out_.variants.push_back(verify_variant(claimed));
        unnamed_variants(claims.variants);
        return std::move(out_);
    }

  private:
    std::string variable(const std::string& name) const {
        const auto& environment = image_.config().environment;
        const auto found = environment.find(name);
        return found == environment.end() ? "" : found->second;
    }

    VerifiedVariant verify_variant(const ClaimedVariant& claimed) {
        VerifiedVariant variant;
        variant.directory = claimed.directory;
        variant.key = claimed.key;
        std::string folder = claimed.directory;
        while (folder.starts_with('/')) folder.erase(0, 1);
        std::vector<kernel::ModuleFacts> facts = modules_in(folder);
        prove(claimed, facts, variant);
        if (!view_.find(folder))
            variant.findings = {{Weight::wrong, claimed.directory, "is not in the image, and pod.json names it", ""}};
        std::vector<LinkedModule> modules;
        for (const kernel::ModuleFacts& module : facts)
            if (module.problem.empty()) modules.push_back({folder + "/" + module.path, module.path, &module});
        bundled(folder, variant);
        in_python(claimed, folder, modules, variant);
        return variant;
    }

    // Only the topmost layer's content of each path counts.
    std::vector<kernel::ModuleFacts> modules_in(const std::string& folder) const {
        std::vector<kernel::ModuleFacts> out;
        for (auto at = content_.modules.lower_bound(folder + "/"); at != content_.modules.end(); ++at) {
            if (!at->first.starts_with(folder + "/")) break;
            if (!view_.find(at->first)) continue;
            kernel::ModuleFacts module = at->second;
            module.path = at->first.substr(folder.size() + 1);
            out.push_back(std::move(module));
        }
        return out;
    }

    void prove(const ClaimedVariant& claimed, const std::vector<kernel::ModuleFacts>& facts, VerifiedVariant& variant) {
        kernel::VariantRequest request{.kernel = claimed.proof.kernel,
                                       .arch = claimed.proof.arch,
                                       .toolkit = claimed.proof.toolkit,
                                       .torch = claimed.proof.torch};
        for (const kernel::ModuleProof& module : claimed.proof.modules)
            if (module.in_table) request.modules.push_back(module.rule);
        for (const kernel::TargetRow& row : claimed.proof.rows) {
            auto target = kernel::parse_target(row.gpu);
            if (!target) {
                variant.findings.push_back({Weight::unknown, row.gpu, "is a GPU that this release does not know", ""});
                continue;
            }
            target->label = row.gpu;
            request.targets.push_back(*target);
        }
        variant.proof = kernel::prove_variant(request, facts);
        variant.proof.proven_by = claimed.proof.proven_by;
        for (const std::string& error : variant.proof.errors)
            variant.findings.push_back({weight_of(variant.proof), "", error, ""});
        const std::string other = difference(claimed.proof, variant.proof);
        if (!other.empty() && variant.proof.ok())
            variant.findings.push_back({Weight::wrong, pod::pod_spec_path,
                                        "does not say what the bytes of " + variant.proof.kernel + " " +
                                            variant.proof.arch.to_string() + " hold: " + other,
                                        ""});
        for (const kernel::TargetRow& row : variant.proof.rows)
            if (row.judgement.verdict == kernel::Verdict::jit)
                variant.findings.push_back({Weight::note, row.gpu, "compiles it at its first start there", ""});
    }

    // Bytes that could not be read may hold what is missing: then the answer is not known.
    static Weight weight_of(const kernel::VariantProof& proof) {
        const bool all_unknown =
            !proof.rows.empty() && std::all_of(proof.rows.begin(), proof.rows.end(), [](const kernel::TargetRow& row) {
                return kernel::runs(row.judgement.verdict) || row.judgement.verdict == kernel::Verdict::unknown;
            });
        const bool any_unknown = std::any_of(proof.rows.begin(), proof.rows.end(), [](const kernel::TargetRow& row) {
            return row.judgement.verdict == kernel::Verdict::unknown;
        });
        return all_unknown && any_unknown ? Weight::unknown : Weight::wrong;
    }

    // Tools that "repair" wheels copy torch's libraries into them, which puts two torches into one process.
    void bundled(const std::string& folder, VerifiedVariant& variant) const {
        for (const kernel::ModuleFacts& module : modules_in(folder)) {
            const std::string name = module.path.substr(module.path.rfind('/') + 1);
            if (name.starts_with("libtorch") || name.starts_with("libc10"))
                variant.findings.push_back({Weight::wrong, module.path, "is a copy of torch's own library",
                                            "a variant must use the venv's torch: build it without auditwheel repair"});
        }
    }

    std::vector<const PythonView*> pythons_for(const std::string& kernel) const {
        std::vector<const PythonView*> all, chosen;
        for (const PythonView& python : pythons_) {
            all.push_back(&python);
            if (python.switches_on(kernel)) chosen.push_back(&python);
        }
        if (!chosen.empty()) return chosen;
        return all.empty() ? std::vector<const PythonView*>{nullptr} : all;
    }

    void in_python(const ClaimedVariant& claimed, const std::string& folder, const std::vector<LinkedModule>& modules,
                   VerifiedVariant& variant) {
        std::vector<kernel::RuntimeNeed> needs;
        for (const std::string& text : claimed.needs) {
            const auto need = kernel::RuntimeNeed::parse(text);
            if (need) needs.push_back(*need);
            if (!need)
                variant.findings.push_back({Weight::unknown, claimed.proof.kernel,
                                            "needs \"" + text + "\", which this release does not know", ""});
        }
        for (const PythonView* python : pythons_for(claimed.proof.kernel)) {
            LinkResult links = check_links(view_, python, modules, claimed.proof.torch, variable("LD_LIBRARY_PATH"));
            variant.symbols = std::max(variant.symbols, links.symbols);
            merge(variant, std::move(links.findings));
            merge(variant, other_torch(claimed.proof.torch, python));
            merge(variant, check_distributions(view_, folder, python));
            for (MissingNeed& missing :
                 missing_needs(needs, {view_, python, variable("PATH"), variable("LD_LIBRARY_PATH")}))
                merge(variant,
                      {{Weight::wrong, claimed.proof.kernel,
                        "needs \"" + missing.need.to_string() + "\" when it runs, and " + missing.what, missing.hint}});
        }
    }

    // Even where all symbols are found, another torch's classes may have another layout.
    static std::vector<Finding> other_torch(const std::string& built, const PythonView* python) {
        const InstalledDistribution* torch = python == nullptr ? nullptr : python->find("torch");
        if (built.empty() || torch == nullptr) return {};
        // A wheel of the index says "2.11.0" where its torch/version.py says "2.11.0+cu130".
        const auto release = [](const std::string& version) { return version.substr(0, version.find('+')); };
        const bool local = built.find('+') != std::string::npos && torch->version.find('+') != std::string::npos;
        if (local ? built == torch->version : release(built) == release(torch->version)) return {};
        return {{Weight::wrong, "",
                 "was compiled against torch " + built + ", and " + python->root + " has torch " + torch->version,
                 "build the image again: its variants belong to the venv's own torch"}};
    }

    static void merge(VerifiedVariant& variant, std::vector<Finding> findings) {
        for (Finding& finding : findings)
            if (std::find(variant.findings.begin(), variant.findings.end(), finding) == variant.findings.end())
                variant.findings.push_back(std::move(finding));
    }

    void unnamed_variants(const std::vector<ClaimedVariant>& claimed) {
        std::set<std::string> named;
        for (const ClaimedVariant& variant : claimed) named.insert(variant.directory);
        for (const std::string& kernel : view_.names_in(kernels_root))
            for (const std::string& key : view_.names_in(std::string(kernels_root) + "/" + kernel)) {
                const std::string directory = "/" + std::string(kernels_root) + "/" + kernel + "/" + key;
                if (is_variant_name(key) && !named.contains(directory))
                    out_.findings.push_back({Weight::note, directory, "is no variant that pod.json names", ""});
            }
    }

    const oci::ImageSource& image_;
    const ImageContent& content_;
    RootView view_;
    std::vector<PythonView> pythons_;
    Verification out_;
};

json::object finding_json(const Finding& finding) {
    json::object out{{"weight", to_string(finding.weight)}, {"message", finding.message}};
    if (!finding.where.empty()) out["where"] = finding.where;
    if (!finding.hint.empty()) out["hint"] = finding.hint;
    return out;
}

json::array findings_json(const std::vector<Finding>& findings) {
    json::array out;
    for (const Finding& finding : findings) out.push_back(finding_json(finding));
    return out;
}

}  // namespace

const char* to_string(Finding::Weight weight) {
    switch (weight) {
        case Weight::wrong:
            return "wrong";
        case Weight::unknown:
            return "unknown";
        case Weight::note:
            return "note";
    }
    return "note";
}

std::vector<Finding> Verification::all_findings() const {
    std::vector<Finding> out = findings;
    for (const VerifiedVariant& variant : variants)
        out.insert(out.end(), variant.findings.begin(), variant.findings.end());
    return out;
}

int Verification::exit_code() const {
    bool unknown = false;
    for (const Finding& finding : all_findings()) {
        if (finding.weight == Weight::wrong) return 1;
        unknown = unknown || finding.weight == Weight::unknown;
    }
    return unknown ? 5 : 0;
}

json::object Verification::to_json() const {
    json::array list;
    for (const VerifiedVariant& variant : variants) {
        json::object entry = kernel::to_json(variant.proof);
        entry["directory"] = variant.directory;
        entry["key"] = variant.key;
        entry["symbols"] = variant.symbols;
        entry["findings"] = findings_json(variant.findings);
        list.push_back(std::move(entry));
    }
    const int code = exit_code();
    return {{"image", image.to_string()},
            {"answer", code == 0   ? "yes"
                       : code == 1 ? "no"
                                   : "unknown"},
            {"layers", layers},
            {"layers_read", layers_read},
            {"variants", std::move(list)},
            {"findings", findings_json(findings)}};
}

Verification verify_content(const oci::ImageSource& image, const ImageContent& content) {
    return Verify(image, content).run();
}

Result<Verification> verify_image(const oci::ImageSource& image, const Store* store, const std::stop_token& stop) {
    auto content = read_image_content(image, store, stop);
    if (!content) return content.error();
    return verify_content(image, *content);
}

}  // namespace tmplbuild
