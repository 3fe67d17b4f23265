// SPDX-License-Identifier: Apache-2.0
#include "verify/claims.hpp"

#include <algorithm>
#include <map>

#include "base/text.hpp"

namespace tmplbuild {

namespace {

using Weight = Finding::Weight;

std::string title(const kernel::VariantProof& proof) { return proof.kernel + " " + proof.arch.to_string(); }

std::optional<kernel::VariantProof> parse_proof(const json::value& value, const std::string& where,
                                                std::vector<Finding>& findings) {
    auto proof = value.is_object() ? kernel::variant_proof_from_json(value.get_object())
                                   : Result<kernel::VariantProof>(build_error("it is no object"));
    if (proof) return std::move(*proof);
    findings.push_back({Weight::wrong, where, proof.error().message, ""});
    return std::nullopt;
}

// "kernel arch" → the canonical text of the proof.
std::map<std::string, std::string> read_annotation(const std::string& annotation, std::vector<Finding>& findings) {
    std::map<std::string, std::string> out;
    if (annotation.empty()) return out;
    const auto document = json::parse(annotation, kernels_annotation);
    if (!document || !document->is_array()) {
        findings.push_back({Weight::wrong, kernels_annotation, "the image's annotation is no list of proofs", ""});
        return out;
    }
    for (const json::value& entry : document->get_array())
        if (const auto proof = parse_proof(entry, kernels_annotation, findings))
            out[title(*proof)] = json::canonical(kernel::to_json(*proof));
    return out;
}

}  // namespace

Claims read_claims(const std::string& pod_json, const std::string& annotation, bool annotated) {
    Claims claims;
    auto annotation_of = read_annotation(annotation, claims.findings);
    if (pod_json.empty()) {
        if (!annotation_of.empty())
            claims.findings.push_back({Weight::wrong, pod::pod_spec_path,
                                       "the image's annotation names kernels, and the image has no pod.json", ""});
        return claims;
    }
    const auto pod = pod::read_pod_spec(pod_json);
    if (!pod) {
        claims.findings.push_back({Weight::wrong, pod::pod_spec_path, pod.error().message, ""});
        return claims;
    }
    for (const pod::Kernel& kernel : pod->kernels) {
        for (const pod::KernelVariant& variant : kernel.variants) {
            const std::string where = std::string(pod::pod_spec_path) + ": " + kernel.name + " " + variant.arch;
            const auto table = json::parse(variant.table, where);
            const auto proof = parse_proof(table ? *table : json::value(), where, claims.findings);
            if (!proof) continue;
            if (proof->kernel != kernel.name || proof->arch.number() != variant.arch)
                claims.findings.push_back({Weight::wrong, where, "its proof is of " + title(*proof), ""});
            const auto said = annotation_of.find(title(*proof));
            if (annotated && said == annotation_of.end())
                claims.findings.push_back({Weight::wrong, where, "the image's annotation does not name it", ""});
            else if (annotated && said->second != json::canonical(kernel::to_json(*proof)))
                claims.findings.push_back(
                    {Weight::wrong, where, "the image's annotation says something else about it", ""});
            if (said != annotation_of.end()) annotation_of.erase(said);
            claims.variants.push_back({variant.directory, variant.key, kernel.needs, *proof});
        }
    }
    for (const auto& [name, text] : annotation_of)
        claims.findings.push_back({Weight::wrong, pod::pod_spec_path,
                                   "the image's annotation names " + name + ", and pod.json does not", ""});
    return claims;
}

std::string difference(const kernel::VariantProof& claimed, const kernel::VariantProof& made) {
    if (json::canonical(kernel::to_json(claimed)) == json::canonical(kernel::to_json(made))) return {};
    std::vector<std::string> parts;
    for (const kernel::ModuleProof& module : made.modules) {
        const auto same = std::find_if(claimed.modules.begin(), claimed.modules.end(),
                                       [&](const auto& other) { return other.rule.file == module.rule.file; });
        if (same == claimed.modules.end())
            parts.push_back(module.rule.file + " (not named)");
        else if (!(*same == module))
            parts.push_back(module.rule.file);
    }
    for (const kernel::ModuleProof& module : claimed.modules)
        if (std::none_of(made.modules.begin(), made.modules.end(),
                         [&](const auto& other) { return other.rule.file == module.rule.file; }))
            parts.push_back(module.rule.file + " (not there)");
    for (std::size_t i = 0; i < std::min(claimed.rows.size(), made.rows.size()); ++i)
        if (!(claimed.rows[i] == made.rows[i])) parts.push_back("the row of " + made.rows[i].gpu);
    return parts.empty() ? "its facts" : join(parts, ", ");
}

}  // namespace tmplbuild
