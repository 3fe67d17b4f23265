// SPDX-License-Identifier: Apache-2.0
// verify: an image's kernels, proven again from its bytes.
#include <algorithm>
#include <cstdio>

#include "base/text.hpp"
#include "cli/commands.hpp"
#include "oci/image_source.hpp"
#include "verify/verify.hpp"

namespace tmplbuild::cli {

namespace {

// "sm_89 (zstd), sm_90a": every distinct kind of code once, in the file's order.
std::string code_of(const kernel::ModuleProof& module) {
    if (!module.present) return "not in this variant";
    std::vector<std::string> out;
    const auto add = [&](const std::string& text) {
        if (std::find(out.begin(), out.end(), text) == out.end()) out.push_back(text);
    };
    const auto packed = [](bool compressed, bool zstd) { return !compressed ? "" : zstd ? " (zstd)" : " (lz4)"; };
    for (const kernel::Cubin& cubin : module.code.cubins)
        add(cubin.to_string() + (cubin.kernels == 0 ? " stub" : "") + packed(cubin.compressed, cubin.zstd));
    for (const kernel::Ptx& ptx : module.code.ptx)
        add("PTX " + ptx.to_string() + " " + ptx.isa.to_string() + packed(ptx.compressed, ptx.zstd));
    for (const std::string& unknown : module.code.unknown) add("unknown: " + unknown);
    return out.empty() ? "no device code" : join(out, ", ");
}

void print_findings(const std::vector<Finding>& findings) {
    for (const Finding& finding : findings) {
        std::printf("  %s: %s%s\n", to_string(finding.weight),
                    finding.where.empty() ? "" : (finding.where + ": ").c_str(), finding.message.c_str());
        if (!finding.hint.empty()) std::printf("      %s\n", finding.hint.c_str());
    }
}

void print_variant(const VerifiedVariant& variant) {
    const kernel::VariantProof& proof = variant.proof;
    std::printf("\n%s %s%s%s\n  %s\n", proof.kernel.c_str(), proof.arch.to_string().c_str(),
                proof.toolkit.is_set() ? (", CUDA " + proof.toolkit.to_string()).c_str() : "",
                proof.torch.empty() ? "" : (", torch " + proof.torch).c_str(), variant.directory.c_str());
    for (const kernel::ModuleProof& module : proof.modules) {
        std::printf("  %-36s %s\n", module.rule.file.c_str(), code_of(module).c_str());
        if (!module.needed.empty())
            std::printf("  %-36s needs %s%s\n", "", join(module.needed, ", ").c_str(),
                        module.glibc_floor ? ("; glibc " + module.glibc_floor->to_string()).c_str() : "");
    }
    for (const kernel::TargetRow& row : proof.rows)
        std::printf("  %-24s %-10s %s\n", row.gpu.c_str(), kernel::to_string(row.judgement.verdict),
                    row.judgement.reason.c_str());
    std::printf("  %zu undefined symbols looked up\n", variant.symbols);
    print_findings(variant.findings);
}

}  // namespace

int run_verify(const Options& options, const std::stop_token& stop) {
    const oci::ImageSource image = oci::ImageSource::open(oci::ImageName::parse(options.image).value()).value();
    // Where no store can be (a read-only home), every layer is read and nothing kept.
    const auto store = Store::open(Store::default_root());
    const Verification result = verify_image(image, store ? &*store : nullptr, stop).value();
    const int code = result.exit_code();
    if (options.json) {
        std::printf("%s", json::pretty(result.to_json()).c_str());
        return code;
    }
    std::printf("%s  %zu kernel variants; %zu of %zu layers read, the others known by their indexes\n",
                result.image.to_string().c_str(), result.variants.size(), result.layers_read, result.layers);
    for (const VerifiedVariant& variant : result.variants) print_variant(variant);
    print_findings(result.findings);
    const char* answer = code == 1                 ? "no: the image does not keep what it promises"
                         : code == 5               ? "unknown: the bytes do not tell everything"
                         : result.variants.empty() ? "yes: the image has no kernels to prove"
                                                   : "yes: the image keeps what it promises";
    std::printf("\n%s\n", answer);
    return code;
}

}  // namespace tmplbuild::cli
