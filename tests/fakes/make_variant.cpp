// SPDX-License-Identifier: Apache-2.0
// make_variant module ARCH FILE: writes a shared object whose one cubin is for ARCH ("89", "90a"); what the fake nvcc
// of the tests calls. make_variant table ARCH CAPABILITY...: prints the proven table of such a variant, as the builder
// writes it into pod.json. make_variant digest FOLDER is the digest of a variant's files.
#include <cstdio>
#include <fstream>

#include "kernel/make_device_code.hpp"
#include "kernel/variant_digest.hpp"
#include "kernel/variant_proof.hpp"
#include "kernel_job/files.hpp"

using namespace tmplbuild;

static std::string module_for(const kernel::Arch& arch) {
    return kernel::make::module_of({{.sm = arch.sm, .suffix = arch.suffix}});
}

static int write_table(const kernel::Arch& arch, const std::vector<std::string>& capabilities) {
    kernel::VariantRequest request{.kernel = "attention", .arch = arch, .toolkit = {13, 0, 0}};
    kernel::ModuleRule rule{"attention/_a.so", {}, false};
    for (const std::string& text : capabilities) {
        rule.capabilities.push_back(kernel::Capability::parse(text).value());
        request.targets.push_back({text, rule.capabilities.back(), nullptr});
    }
    request.modules = {rule};
    const std::string bytes = module_for(arch);
    const kernel::VariantProof proof =
        kernel::prove_variant(request, {{"attention/_a.so", kernel::make::as_bytes(bytes)}});
    for (const std::string& error : proof.errors) std::fprintf(stderr, "%s\n", error.c_str());
    std::printf("%s\n", json::canonical(kernel::to_json(proof)).c_str());
    return proof.ok() ? 0 : 1;
}

int main(int argc, char** argv) {
    const std::vector<std::string> words(argv + 1, argv + argc);
    if (words.size() == 2 && words[0] == "digest") {
        std::printf("%s\n", kernel::variant_digest(job::hash_tree(words[1]).value()).to_string().c_str());
        return 0;
    }
    if (words.size() < 3) return 2;
    const kernel::Arch arch = kernel::Arch::parse(words[1]).value();
    if (words[0] == "table") return write_table(arch, {words.begin() + 2, words.end()});
    std::ofstream(words[2], std::ios::binary) << module_for(arch);
    return words[0] == "module" ? 0 : 2;
}
