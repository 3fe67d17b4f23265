// SPDX-License-Identifier: Apache-2.0
#include "judge.hpp"

#include "kernel/fatbin.hpp"
#include "kernel/variant_digest.hpp"
#include "kernel/variant_proof.hpp"
#include "kernel_job/files.hpp"
#include "sys/mapped_file.hpp"

namespace tmplbuild::gpucheck {

namespace {

json::array units_of(const kernel::DeviceCode& code) {
    json::array out;
    for (const kernel::Unit& unit : code.units) {
        json::array names;
        for (const std::string& name : unit.kernels) names.emplace_back(name);
        out.emplace_back(std::move(names));
    }
    return out;
}

json::array archs_of(const kernel::DeviceCode& code) {
    json::array out;
    for (const kernel::Cubin& cubin : code.cubins) out.emplace_back(cubin.to_string());
    for (const kernel::Ptx& ptx : code.ptx) out.emplace_back(ptx.to_string());
    for (const std::string& unknown : code.unknown) out.emplace_back("unknown: " + unknown);
    return out;
}

}  // namespace

Result<json::array> judge_files(const std::vector<std::string>& files, const kernel::Capability& capability,
                                const kernel::Host& host) {
    json::array out;
    for (const std::string& file : files) {
        const auto mapped = sys::MappedFile::open(file);
        if (!mapped) return mapped.error();
        const auto code = kernel::read_device_code(mapped->bytes());
        if (!code) return build_error("'" + file + "': " + code.error().message);
        const kernel::Judgement judgement = kernel::judge(*code, capability, host);
        out.push_back(json::object{{"file", file},
                                   {"verdict", kernel::to_string(judgement.verdict)},
                                   {"runs", kernel::runs(judgement.verdict)},
                                   {"reason", judgement.reason},
                                   {"code", archs_of(*code)},
                                   {"units", units_of(*code)}});
    }
    return out;
}

Result<json::object> prove_variant(const Variant& variant) {
    const auto arch = kernel::Arch::parse(variant.arch);
    if (!arch) return arch.error();
    const auto capability = kernel::Capability::parse(variant.capability);
    if (!capability) return capability.error();
    const auto toolkit = kernel::Version::parse(variant.toolkit);
    if (!toolkit) return usage_error("'" + variant.toolkit + "' is not a version of CUDA", "13.0");
    kernel::VariantRequest request{.kernel = variant.kernel, .arch = *arch, .toolkit = *toolkit};
    request.torch = variant.torch;
    request.targets.push_back({variant.capability, *capability, nullptr});
    for (const std::string& module : variant.modules) request.modules.push_back({module, {*capability}, false});
    const auto all = job::hash_tree(variant.folder);
    if (!all) return all.error();
    std::vector<sys::MappedFile> mapped;
    std::vector<kernel::VariantFile> files;
    for (const auto& [path, digest] : *all) {
        if (!kernel::is_shared_object(path)) continue;
        auto file = sys::MappedFile::open(job::fs::path(variant.folder) / path);
        if (!file) return file.error();
        files.push_back({path, file->bytes()});
        mapped.push_back(std::move(*file));
    }
    const kernel::VariantProof proof = kernel::prove_variant(request, files);
    const kernel::Judgement judgement = kernel::judge_variant(proof, request.targets.front());
    json::array errors;
    for (const std::string& error : proof.errors) errors.emplace_back(error);
    return json::object{{"table", kernel::to_json(proof)},
                        {"files", kernel::variant_digest(*all).to_string()},
                        {"errors", std::move(errors)},
                        {"verdict", kernel::to_string(judgement.verdict)},
                        {"reason", judgement.reason}};
}

}  // namespace tmplbuild::gpucheck
