// SPDX-License-Identifier: Apache-2.0
// The command verify: an image's kernels, proven again from its bytes.
#include <algorithm>

#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "cli/registry_access.hpp"
#include "verify/verify.hpp"

namespace tmplbuild::cli {

namespace {

// Each distinct kind of code once, in the file's order: "sm_89 (zstd), sm_90a".
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
        print_line(std::string("  ") + to_string(finding.weight) + ": " +
                   (finding.where.empty() ? "" : finding.where + ": ") + finding.message);
        if (!finding.hint.empty()) print_line("      " + finding.hint);
    }
}

void print_variant(const VerifiedVariant& variant) {
    const kernel::VariantProof& proof = variant.proof;
    print_line();
    print_line(proof.kernel + " " + proof.arch.to_string() +
               (proof.toolkit.is_set() ? ", CUDA " + proof.toolkit.to_string() : "") +
               (proof.torch.empty() ? "" : ", torch " + proof.torch));
    print_line("  " + variant.directory);
    for (const kernel::ModuleProof& module : proof.modules) {
        print_row({{"  " + module.rule.file, 38}, {code_of(module)}});
        if (!module.needed.empty())
            print_row({{"", 38},
                       {"needs " + join(module.needed, ", ") +
                        (module.glibc_floor ? "; glibc " + module.glibc_floor->to_string() : "")}});
    }
    for (const kernel::TargetRow& row : proof.rows)
        print_row({{"  " + row.gpu, 26}, {kernel::to_string(row.judgement.verdict), 10}, {row.judgement.reason}});
    print_line("  " + std::to_string(variant.symbols) + " undefined symbols looked up");
    print_findings(variant.findings);
}

}  // namespace

int run_verify(const Options& options, const std::stop_token& stop) {
    const oci::ImageSource image = open_image(options.image, options, stop);
    // Where no store can be made (a read-only home), every layer is read and no index is kept.
    const auto store = Store::open(Store::default_root());
    const Verification result = verify_image(image, store ? &*store : nullptr, stop).value();
    const int code = result.exit_code();
    if (options.json) {
        print_json(result.to_json());
        return code;
    }
    print_line(result.image.to_string() + "  " + std::to_string(result.variants.size()) + " kernel variants; " +
               std::to_string(result.layers_read) + " of " + std::to_string(result.layers) +
               " layers read, the others known by their indexes");
    for (const VerifiedVariant& variant : result.variants) print_variant(variant);
    print_findings(result.findings);
    const char* answer = code == 1                 ? "no: the image does not keep what it promises"
                         : code == 5               ? "unknown: the bytes do not tell everything"
                         : result.variants.empty() ? "yes: the image has no kernels to prove"
                                                   : "yes: the image keeps what it promises";
    print_line();
    print_line(answer);
    return code;
}

}  // namespace tmplbuild::cli
